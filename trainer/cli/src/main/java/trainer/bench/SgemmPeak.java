package trainer.bench;

import static org.bytedeco.dnnl.global.dnnl.dnnl_sgemm;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Compute.Precision;
import trainer.engine.Engine;

/**
 * The highest rate of large matrix products on this machine in the precision of training, an upper
 * bound for it: the best of the bundled libraries, or cuBLAS on the training GPU.
 *
 * @param gigaflops 10⁹ floating-point operations per second
 * @param by the fastest library
 * @param precision of the factors; sums are in float32
 * @param size rows and columns of each matrix
 * @param threads 0: measured on a GPU
 */
public record SgemmPeak(double gigaflops, String by, Precision precision, int size, int threads) {
  /** Rows and columns of each matrix on a CPU. */
  private static final int SIZE = 2048;

  private static final int SIZE_ON_GPU = 8192;

  private static final Logger LOG = LoggerFactory.getLogger(SgemmPeak.class);
  private static final double OPERATIONS = 2.0 * SIZE * SIZE * SIZE;
  private static final int FEWEST_PRODUCTS = 3; // per library
  private static final double SECONDS = 2;
  private static final byte PLAIN = 'N';

  /** result = left · right, each [SIZE, SIZE]. */
  interface Sgemm {
    void multiply(FloatPointer left, FloatPointer right, FloatPointer result);
  }

  private record Library(String name, Sgemm sgemm) {}

  private static final List<Library> LIBRARIES =
      List.of(
          new Library("oneDNN", SgemmPeak::multiplyWithOneDnn),
          new Library("OpenBLAS", SgemmPeak::multiplyWithOpenBlas));

  /** Measures the engine's GPU, or the CPU with {@code threads} threads. */
  public static SgemmPeak measure(Engine engine, Precision precision, int threads) {
    OptionalDouble gpu = engine.productPeak(SIZE_ON_GPU);
    return gpu.isPresent()
        ? new SgemmPeak(gpu.getAsDouble() / 1e9, "cuBLAS", precision, SIZE_ON_GPU, 0)
        : measure(precision, threads);
  }

  /**
   * Measures the CPU: alternates the libraries for 2 s and takes the fastest product. Side effect:
   * sets both libraries to {@code threads} threads.
   *
   * @param precision bfloat16, where the processor has it, or float32
   */
  public static SgemmPeak measure(Precision precision, int threads) {
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    openblas_nolapack.blas_set_num_threads(threads);
    if (precision == Precision.BFLOAT16) {
      try (Bfloat16Product product = new Bfloat16Product(SIZE)) {
        return measure(List.of(new Library("oneDNN", product)), precision, threads);
      }
    }
    return measure(LIBRARIES, precision, threads);
  }

  private static SgemmPeak measure(List<Library> libraries, Precision precision, int threads) {
    List<Library> usable = new ArrayList<>(libraries);
    SgemmPeak best = new SgemmPeak(0, "none", precision, SIZE, threads);
    try (FloatPointer left = matrix();
        FloatPointer right = matrix();
        FloatPointer result = matrix()) {
      long begin = System.nanoTime();
      for (int product = 0;
          product < FEWEST_PRODUCTS || System.nanoTime() - begin < SECONDS * 1e9;
          product++) {
        for (Library library : List.copyOf(usable)) {
          try {
            long start = System.nanoTime();
            library.sgemm().multiply(left, right, result);
            double rate = OPERATIONS / (System.nanoTime() - start); // GFLOP/s
            if (rate > best.gigaflops()) {
              best = new SgemmPeak(rate, library.name(), precision, SIZE, threads);
            }
          } catch (LinkageError | IllegalStateException e) {
            LOG.warn("{} is not usable on this machine ({})", library.name(), e.toString());
            usable.remove(library);
          }
        }
      }
    }
    return best;
  }

  private static FloatPointer matrix() {
    FloatPointer matrix = new FloatPointer((long) SIZE * SIZE);
    float[] row = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      for (int j = 0; j < SIZE; j++) {
        row[j] = 1f / (1 + i + j);
      }
      matrix.position((long) i * SIZE).put(row);
    }
    return matrix.position(0);
  }

  private static void multiplyWithOneDnn(
      FloatPointer left, FloatPointer right, FloatPointer result) {
    int status =
        dnnl_sgemm(PLAIN, PLAIN, SIZE, SIZE, SIZE, 1f, left, SIZE, right, SIZE, 0f, result, SIZE);
    if (status != dnnl_success) {
      throw new IllegalStateException("oneDNN's sgemm failed with status " + status);
    }
  }

  private static void multiplyWithOpenBlas(
      FloatPointer left, FloatPointer right, FloatPointer result) {
    cblas_sgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasNoTrans,
        SIZE,
        SIZE,
        SIZE,
        1f,
        left,
        SIZE,
        right,
        SIZE,
        0f,
        result,
        SIZE);
  }
}
