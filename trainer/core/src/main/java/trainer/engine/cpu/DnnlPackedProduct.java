package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.stream;

/**
 * A oneDNN matmul primitive with its right operand in oneDNN's preferred layout ({@code
 * format_tag::any}). A reorder repacks the operand after its values have changed, and rounds it if
 * factors are in bfloat16.
 */
final class DnnlPackedProduct implements Products.Prepared {
  private final stream queue;
  private final matmul product;
  private final DnnlPackedOperand operand;
  private final memory source;
  private final memory destination;
  private final IntMemoryMap arguments;

  /**
   * @param biases null: the product replaces the result
   * @param shared right operands that other products have packed; null: none
   */
  DnnlPackedProduct(
      engine processor,
      stream queue,
      memory.data_type factors,
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      Matrix biases,
      Map<List<Object>, DnnlPackedOperand> shared) {
    this.queue = queue;
    int inner = left.columns();
    int columns = result.columns();
    memory.desc leftLayout = owner.own(layout(type(left), left.rows(), inner, left.stride(), 1));
    memory.desc resultLayout =
        owner.own(layout(type(result), result.rows(), columns, result.stride(), 1));
    primitive_attr attributes = owner.own(new primitive_attr());
    if (biases != null) {
      post_ops sum = owner.own(new post_ops());
      sum.append_sum();
      attributes.set_post_ops(sum);
    }
    memory.desc rightLayout =
        owner.own(new memory.desc(new long[] {inner, columns}, factors, memory.format_tag.any));
    memory.desc biasLayout =
        biases == null ? null : owner.own(layout(type(biases), 1, columns, columns, 1));
    matmul.desc operation =
        owner.own(
            biases == null
                ? new matmul.desc(leftLayout, rightLayout, resultLayout)
                : new matmul.desc(leftLayout, rightLayout, biasLayout, resultLayout));
    matmul.primitive_desc plan =
        owner.own(new matmul.primitive_desc(operation, attributes, processor));
    product = owner.own(new matmul(plan));
    Supplier<DnnlPackedOperand> packing =
        () ->
            new DnnlPackedOperand(
                owner,
                processor,
                right,
                transposed,
                inner,
                columns,
                owner.own(plan.weights_desc()));
    List<Object> alike =
        List.of(
            right.pointer().address(),
            transposed,
            left.rows(),
            inner,
            left.stride(),
            biases != null);
    operand = shared == null ? packing.get() : shared.computeIfAbsent(alike, key -> packing.get());
    source = owner.own(new memory(leftLayout, processor, left.pointer()));
    destination = owner.own(new memory(resultLayout, processor, result.pointer()));
    arguments = owner.own(new IntMemoryMap());
    arguments.put(DNNL_ARG_SRC, source);
    arguments.put(DNNL_ARG_WEIGHTS, operand.use());
    arguments.put(DNNL_ARG_DST, destination);
    if (biases != null) {
      arguments.put(DNNL_ARG_BIAS, owner.own(new memory(biasLayout, processor, biases.pointer())));
    }
  }

  static memory.data_type type(Matrix matrix) {
    return matrix.isBfloat16() ? memory.data_type.bf16 : memory.data_type.f32;
  }

  static memory.desc layout(
      memory.data_type type, long rows, long columns, long rowStride, long columnStride) {
    return new memory.desc(new long[] {rows, columns}, type, new long[] {rowStride, columnStride});
  }

  @Override
  public void load() {
    operand.load(queue);
  }

  @Override
  public void multiply(Matrix left, Matrix result) {
    source.set_data_handle(left.pointer());
    destination.set_data_handle(result.pointer());
    product.execute(queue, arguments);
  }
}
