package trainer.engine.cpu;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_amx;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;
import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;
import static org.bytedeco.dnnl.global.dnnl.dnnl_version;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import trainer.config.Compute.Precision;

/** GEMM by oneDNN, with right operands packed for its matmul primitive. */
final class DnnlProducts implements Products {
  private static final byte PLAIN = 'N';
  private static final byte TRANSPOSED = 'T';

  private final engine processor;
  private final stream queue;
  private final memory.data_type factors;
  private final Map<List<Object>, DnnlPackedOperand> shared; // null: nothing is shared

  /**
   * @param precision of the factors, float32 or bfloat16; sums are in float32
   */
  DnnlProducts(Precision precision) {
    processor = new engine(engine.kind.cpu, 0);
    queue = new stream(processor);
    shared = null;
    factors =
        switch (precision) {
          case FLOAT32 -> memory.data_type.f32;
          case BFLOAT16 -> memory.data_type.bf16;
          case TF32, AUTO -> throw new IllegalArgumentException(precision + " is not for CPUs");
        };
  }

  private DnnlProducts(DnnlProducts other) {
    processor = other.processor;
    queue = other.queue;
    factors = other.factors;
    shared = new HashMap<>();
  }

  @Override
  public Products sharing() {
    return new DnnlProducts(this);
  }

  /** Whether this machine's processor multiplies in bfloat16. */
  static boolean hasBfloat16() {
    return has(dnnl_cpu_isa_avx512_core_bf16);
  }

  /** Whether this machine's processor has AMX. */
  static boolean hasAmx() {
    return has(dnnl_cpu_isa_avx512_core_amx);
  }

  private static boolean has(int set) {
    return (dnnl_get_effective_cpu_isa() & set) == set;
  }

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
        + (rounds() ? "bfloat16, " : "")
        + instructionSet();
  }

  private String instructionSet() {
    if (rounds() && hasAmx()) {
      return "AMX";
    }
    if (has(dnnl_cpu_isa_avx512_core)) {
      return "AVX-512";
    }
    return has(dnnl_cpu_isa_avx2) ? "AVX2" : "before AVX2";
  }

  @Override
  public boolean rounds() {
    return factors == memory.data_type.bf16;
  }

  /** In bfloat16 without padding: for left operands with padding oneDNN has no kernels for AMX. */
  @Override
  public Matrix factors(NativeMemory memory, int rows, int columns) {
    return rounds() ? memory.bfloat16(rows, columns) : memory.spreadRows(rows, columns);
  }

  @Override
  public Copy prepareCopy(NativeMemory owner, Matrix from, Matrix to) {
    return forOneThread(() -> new DnnlCopy(processor, queue, owner, from, to));
  }

  @Override
  public Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      Matrix biases) {
    return forOneThread(
        () ->
            new DnnlPackedProduct(
                processor, queue, factors, owner, left, right, transposed, result, biases, shared));
  }

  /** Creates primitives: each is made for the current number of threads. */
  private <T> T forOneThread(Supplier<T> primitives) {
    int before = enterThread();
    try {
      return primitives.get();
    } finally {
      leaveThread(before);
    }
  }

  @Override
  public Transposed prepareTransposed(
      NativeMemory owner, Matrix left, Matrix right, Matrix result) {
    if (rounds()) {
      return forOneThread(
          () -> new DnnlTransposedProduct(processor, queue, owner, left, right, result));
    }
    return rows ->
        dnnl_sgemm(
            TRANSPOSED,
            PLAIN,
            left.columns(),
            right.columns(),
            rows,
            1f,
            left.floats(),
            left.stride(),
            right.floats(),
            right.stride(),
            0f,
            result.floats(),
            result.stride());
  }

  @Override
  public void close() {
    queue.deallocate();
    processor.deallocate();
  }
}
