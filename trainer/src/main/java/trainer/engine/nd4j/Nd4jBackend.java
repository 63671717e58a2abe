package trainer.engine.nd4j;

import java.util.Locale;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts ND4J on the right backend: the CPU build for this processor, or a GPU that ND4J's CUDA
 * build has code for. It must run before anything else touches ND4J, which chooses while its
 * classes load.
 */
public final class Nd4jBackend {
  private static final Logger log = LoggerFactory.getLogger(Nd4jBackend.class);
  private static final String CUDA_BACKEND = "org.nd4j.linalg.jcublas.JCublasBackend";

  /**
   * Elements from which on an element-wise operation is worth handing to several threads; ND4J's
   * own is 1,024.
   */
  private static final int SEVERAL_THREADS = 65_536;

  /**
   * OpenBLAS wakes its second thread for every product. Between the element-wise operations of a
   * recurrent step that takes longer than the product: measured at 2 layers of 256 units, 50 steps
   * of 64 lanes on 2 cores, a training step took 900 ms with two threads and 225 ms with one.
   */
  private static final int BLAS_THREADS = 1;

  private static String description;

  private Nd4jBackend() {}

  /**
   * Starts ND4J, once for the process; later calls only set the threads.
   *
   * @param threads threads of a product; 0: as many as the process has processors
   */
  public static synchronized void start(int threads) {
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    if (description == null) {
      System.setProperty("org.nd4j.log.initialization", "false");
      CpuFeatures features = CpuFeatures.detect();
      String extension = "org.bytedeco.javacpp.platform.extension";
      if (System.getProperty(extension) == null) {
        System.setProperty(extension, features.extension());
      }
      boolean gpu = hasClass(CUDA_BACKEND) && CudaCheck.usable();
      description = gpu ? "CUDA 11.6" : "OpenBLAS, " + features.label();
    }
    Nd4j.getBackend(); // starts ND4J
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(count);
    Nd4j.getEnvironment().setMaxMasterThreads(count);
    Nd4j.getEnvironment().setMaxThreads(count);
    Nd4j.getEnvironment().setElementwiseThreshold(SEVERAL_THREADS);
    Nd4j.factory().blas().setMaxThreads(BLAS_THREADS);
    log.debug("ND4J backend: {}", description());
  }

  private static boolean hasClass(String name) {
    try {
      Class.forName(name, false, Nd4jBackend.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** Backend, binary and threads, such as {@code nd4j (OpenBLAS, AVX-512, 2 threads)}. */
  public static synchronized String description() {
    int threads = Nd4j.getEnvironment().maxMasterThreads();
    return String.format(
        Locale.ROOT,
        "nd4j (%s, %d thread%s)",
        description == null ? Nd4j.getBackend().getClass().getSimpleName() : description,
        threads,
        threads == 1 ? "" : "s");
  }
}
