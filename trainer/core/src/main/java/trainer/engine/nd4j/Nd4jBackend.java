package trainer.engine.nd4j;

import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;
import org.nd4j.common.config.ND4JClassLoading;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts ND4J on the right backend: the CPU build for this processor, or a GPU that ND4J's CUDA
 * build supports. Must be called before any other use of ND4J, which selects its backend during
 * class loading.
 */
public final class Nd4jBackend {
  private static final Logger LOG = LoggerFactory.getLogger(Nd4jBackend.class);
  private static final String CUDA_BACKEND = "org.nd4j.linalg.jcublas.JCublasBackend";
  private static final String OPENMP = "gomp@.1";

  /**
   * Waking a second thread takes longer than an operation of a recurrent step. Measured on 2 cores,
   * a training step of 2 LSTM layers of 256 units, 64 lanes, 50 steps: 900 ms with two OpenBLAS
   * threads, 225 ms with one.
   */
  private static final int ONE_THREAD = 1;

  private static String description;
  private static String gpu; // null: CPU

  private Nd4jBackend() {}

  /**
   * Starts ND4J on the first call, and sets its number of threads.
   *
   * @param threads threads per element-wise operation; 0: one, the fastest
   */
  public static synchronized void start(int threads) {
    start();
    int count = threads == 0 ? ONE_THREAD : threads;
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(count);
    Nd4j.getEnvironment().setMaxMasterThreads(count);
    Nd4j.getEnvironment().setMaxThreads(count);
    Nd4j.factory().blas().setMaxThreads(ONE_THREAD);
    LOG.debug("ND4J backend: {}", description());
  }

  /** Starts ND4J on the first call, with its default number of threads. */
  public static synchronized void start() {
    if (description != null) {
      return;
    }
    System.setProperty("org.nd4j.log.initialization", "false");
    CpuFeatures features = CpuFeatures.detect();
    String extension = "org.bytedeco.javacpp.platform.extension";
    if (System.getProperty(extension) == null) {
      System.setProperty(extension, features.extension());
    }
    loadOpenMp();
    boolean cuda = hasClass(CUDA_BACKEND);
    boolean usable = cuda && CudaCheck.usable();
    description = usable ? "CUDA 11.6" : "OpenBLAS, " + features.label();
    if (cuda && !usable) {
      ND4JClassLoading.setNd4jClassloader(
          new CpuBackendOnly(ND4JClassLoading.getNd4jClassloader()));
    }
    Nd4j.getBackend(); // starts ND4J
    if (usable) {
      gpu = NativeOpsHolder.getInstance().getDeviceNativeOps().getDeviceName(0);
    }
  }

  /**
   * Loads oneDNN's libgomp, so that JavaCPP links ND4J's to it. ND4J's ARM build has none.
   * Elsewhere a process with ND4J would put a link in place of oneDNN's file, and the next one
   * without ND4J would write the file anew, while a third one maps it and crashes. This older
   * libgomp costs the reference engine some 15 % of its speed, and the cpu engine nothing
   * measurable.
   */
  private static void loadOpenMp() {
    if (Loader.getPlatform().startsWith("linux-")) {
      Properties platform = Loader.loadProperties();
      ClassProperties oneDnn = Loader.loadProperties(dnnl.class, platform, true);
      Loader.loadLibrary(dnnl.class, Loader.findLibrary(dnnl.class, oneDnn, OPENMP), OPENMP);
    }
  }

  private static boolean hasClass(String name) {
    try {
      Class.forName(name, false, Nd4jBackend.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The model of ND4J's GPU; empty on a CPU. */
  static synchronized Optional<String> gpu() {
    return Optional.ofNullable(gpu);
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
