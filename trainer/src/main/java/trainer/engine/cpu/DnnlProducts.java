package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;
import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;
import static org.bytedeco.dnnl.global.dnnl.dnnl_version;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;

/**
 * Products by oneDNN. A right operand that stays is kept in the layout that the matmul primitive
 * asks for ({@code format_tag::any}), repacked by a reorder whenever its values have changed.
 */
final class DnnlProducts implements Products {
  private static final byte PLAIN = 'N';
  private static final byte TRANSPOSED = 'T';

  private final engine processor = new engine(engine.kind.cpu, 0);
  private final stream queue = new stream(processor);

  @Override
  public String description() {
    dnnl_version_t version = dnnl_version();
    return "oneDNN "
        + version.major()
        + "."
        + version.minor()
        + "."
        + version.patch()
        + ", "
        + instructionSet();
  }

  private static String instructionSet() {
    int set = dnnl_get_effective_cpu_isa();
    if ((set & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core) {
      return "AVX-512";
    }
    return (set & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2 ? "AVX2" : "before AVX2";
  }

  @Override
  public int enterThread() {
    int before = OpenMpThreads.get();
    OpenMpThreads.set(1);
    return before;
  }

  @Override
  public void leaveThread(int before) {
    OpenMpThreads.set(before);
  }

  @Override
  public Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      boolean accumulate) {
    int inner = left.columns();
    memory.desc leftLayout = owner.own(layout(left.rows(), inner, left.stride(), 1));
    memory.desc rightLayout =
        owner.own(
            transposed
                ? layout(inner, result.columns(), 1, right.stride())
                : layout(inner, result.columns(), right.stride(), 1));
    memory.desc resultLayout =
        owner.own(layout(result.rows(), result.columns(), result.stride(), 1));
    memory.desc free =
        owner.own(
            new memory.desc(
                new long[] {inner, result.columns()}, memory.data_type.f32, memory.format_tag.any));
    primitive_attr attributes = owner.own(new primitive_attr());
    if (accumulate) {
      post_ops sum = owner.own(new post_ops());
      sum.append_sum();
      attributes.set_post_ops(sum);
    }
    matmul.primitive_desc description =
        owner.own(
            new matmul.primitive_desc(
                owner.own(new matmul.desc(leftLayout, free, resultLayout)), attributes, processor));
    matmul product = owner.own(new matmul(description));
    memory from = owner.own(new memory(rightLayout, processor, right.pointer()));
    memory packed = owner.own(new memory(owner.own(description.weights_desc()), processor));
    reorder pack = owner.own(new reorder(from, packed));
    memory source = owner.own(new memory(leftLayout, processor, left.pointer()));
    memory destination = owner.own(new memory(resultLayout, processor, result.pointer()));
    IntMemoryMap arguments = owner.own(new IntMemoryMap());
    arguments.put(DNNL_ARG_SRC, source);
    arguments.put(DNNL_ARG_WEIGHTS, packed);
    arguments.put(DNNL_ARG_DST, destination);
    return new Prepared() {
      @Override
      public void load() {
        pack.execute(queue, from, packed);
      }

      @Override
      public void multiply(Matrix left, Matrix result) {
        source.set_data_handle(left.pointer());
        destination.set_data_handle(result.pointer());
        product.execute(queue, arguments);
      }
    };
  }

  private static memory.desc layout(long rows, long columns, long rowStride, long columnStride) {
    return new memory.desc(
        new long[] {rows, columns}, memory.data_type.f32, new long[] {rowStride, columnStride});
  }

  @Override
  public void multiplyTransposed(Matrix left, Matrix right, int rows, Matrix result) {
    dnnl_sgemm(
        TRANSPOSED,
        PLAIN,
        left.columns(),
        right.columns(),
        rows,
        1f,
        left.pointer(),
        left.stride(),
        right.pointer(),
        right.stride(),
        0f,
        result.pointer(),
        result.stride());
  }

  @Override
  public void close() {
    queue.deallocate();
    processor.deallocate();
  }
}
