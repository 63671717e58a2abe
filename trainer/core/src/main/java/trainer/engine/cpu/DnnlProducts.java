package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;
import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;
import static org.bytedeco.dnnl.global.dnnl.dnnl_version;

import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.stream;

/** GEMM by oneDNN, with right operands packed for its matmul primitive. */
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
  public Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      boolean accumulate) {
    int before = enterThread(); // a primitive is created for the current number of threads
    try {
      return new DnnlPackedProduct(
          processor, queue, owner, left, right, transposed, result, accumulate);
    } finally {
      leaveThread(before);
    }
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
