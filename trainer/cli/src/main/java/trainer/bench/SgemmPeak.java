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
import trainer.engine.Engine;

/**
 * The highest rate of large float32 matrix products on this machine, an upper bound for training:
 * the best of the bundled sgemm libraries, or cuBLAS on the training GPU.
 *
 * @param gigaflops 10⁹ floating-point operations per second
 * @param by the fastest library
 * @param size rows and columns of each matrix
 * @param threads 0: measured on a GPU
 */
public record SgemmPeak(double gigaflops, String by, int size, int threads) {
  /** Rows and columns of each matrix on a CPU. */
  private static final int SIZE = 2048;

  private static final int SIZE_ON_GPU = 8192;

  private static final Logger LOG = LoggerFactory.getLogger(SgemmPeak.class);
  private static final double OPERATIONS = 2.0 * SIZE * SIZE * SIZE;
  private static final int FEWEST_PRODUCTS = 3; // per library
  private static final double SECONDS = 2;
  private static final byte PLAIN = 'N';

  /** result = left · right, each [SIZE, SIZE]. */
  private interface Sgemm {
    void multiply(FloatPointer left, FloatPointer right, FloatPointer result);
  }

  private record Library(String name, Sgemm sgemm) {}

  private static final List<Library> LIBRARIES =
      List.of(
          new Library("oneDNN", SgemmPeak::multiplyWithOneDnn),
          new Library("OpenBLAS", SgemmPeak::multiplyWithOpenBlas));

  /** Measures the engine's GPU, or the CPU with {@code threads} threads. */
  public static SgemmPeak measure(Engine engine, int threads) {
    OptionalDouble gpu = engine.productPeak(SIZE_ON_GPU);
    return gpu.isPresent()
        ? new SgemmPeak(gpu.getAsDouble() / 1e9, "cuBLAS", SIZE_ON_GPU, 0)
        : measure(threads);
  }

  /**
   * Measures the CPU: alternates the libraries for 2 s and takes the fastest product. Side effect:
   * sets both libraries to {@code threads} threads.
   */
  public static SgemmPeak measure(int threads) {
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    openblas_nolapack.blas_set_num_threads(threads);
    List<Library> usable = new ArrayList<>(LIBRARIES);
    SgemmPeak best = new SgemmPeak(0, "none", SIZE, threads);
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
            best =
                rate > best.gigaflops() ? new SgemmPeak(rate, library.name(), SIZE, threads) : best;
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
