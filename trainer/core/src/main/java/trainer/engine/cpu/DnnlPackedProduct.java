package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;

/**
 * A oneDNN matmul primitive with its right operand in oneDNN's preferred layout ({@code
 * format_tag::any}). A reorder repacks the operand after its values have changed. With factors in
 * bfloat16, another converts the left operand before each product.
 */
final class DnnlPackedProduct implements Products.Prepared {
  private final stream queue;
  private final matmul product;
  private final reorder pack;
  private final memory unpacked;
  private final memory packed;
  private final memory source;
  private final memory converted; // the source, where its type is that of the factors
  private final reorder convert; // null: nothing to convert
  private final memory destination;
  private final IntMemoryMap arguments;

  DnnlPackedProduct(
      engine processor,
      stream queue,
      memory.data_type factors,
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      boolean accumulate) {
    this.queue = queue;
    int inner = left.columns();
    int columns = result.columns();
    memory.desc leftLayout = owner.own(layout(left.rows(), inner, left.stride(), 1));
    memory.desc rightLayout =
        owner.own(
            transposed
                ? layout(inner, columns, 1, right.stride())
                : layout(inner, columns, right.stride(), 1));
    memory.desc resultLayout = owner.own(layout(result.rows(), columns, result.stride(), 1));
    boolean converts = factors != memory.data_type.f32;
    memory.desc factorLayout = converts ? any(owner, left.rows(), inner, factors) : leftLayout;
    primitive_attr attributes = owner.own(new primitive_attr());
    if (accumulate) {
      post_ops sum = owner.own(new post_ops());
      sum.append_sum();
      attributes.set_post_ops(sum);
    }
    matmul.desc operation =
        owner.own(new matmul.desc(factorLayout, any(owner, inner, columns, factors), resultLayout));
    matmul.primitive_desc plan =
        owner.own(new matmul.primitive_desc(operation, attributes, processor));
    product = owner.own(new matmul(plan));
    unpacked = owner.own(new memory(rightLayout, processor, right.pointer()));
    packed = owner.own(new memory(owner.own(plan.weights_desc()), processor));
    pack = owner.own(new reorder(unpacked, packed));
    source = owner.own(new memory(leftLayout, processor, left.pointer()));
    converted = converts ? owner.own(new memory(owner.own(plan.src_desc()), processor)) : source;
    convert = converts ? owner.own(new reorder(source, converted)) : null;
    destination = owner.own(new memory(resultLayout, processor, result.pointer()));
    arguments = owner.own(new IntMemoryMap());
    arguments.put(DNNL_ARG_SRC, converted);
    arguments.put(DNNL_ARG_WEIGHTS, packed);
    arguments.put(DNNL_ARG_DST, destination);
  }

  static memory.desc layout(long rows, long columns, long rowStride, long columnStride) {
    return new memory.desc(
        new long[] {rows, columns}, memory.data_type.f32, new long[] {rowStride, columnStride});
  }

  /** The layout that oneDNN prefers. */
  static memory.desc any(NativeMemory owner, long rows, long columns, memory.data_type type) {
    return owner.own(new memory.desc(new long[] {rows, columns}, type, memory.format_tag.any));
  }

  @Override
  public void load() {
    pack.execute(queue, unpacked, packed);
  }

  @Override
  public void multiply(Matrix left, Matrix result) {
    source.set_data_handle(left.pointer());
    destination.set_data_handle(result.pointer());
    if (convert != null) {
      convert.execute(queue, source, converted);
    }
    product.execute(queue, arguments);
  }
}
