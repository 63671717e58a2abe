package trainer.engine.nd4j;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks whether ND4J's CUDA build can run on this machine's GPU. The build has machine code for
 * compute capability 3.7 to 8.6 and no PTX for newer ones, but ND4J selects it on any machine with
 * a GPU. So we query the driver first.
 */
final class CudaCheck {
  private static final Logger LOG = LoggerFactory.getLogger(CudaCheck.class);
  private static final int COMPUTE_CAPABILITY_MAJOR = 75;
  private static final int COMPUTE_CAPABILITY_MINOR = 76;

  private CudaCheck() {}

  /** Functions of the CUDA driver; each returns 0 on success. */
  interface Driver extends Library {
    int cuInit(int flags);

    int cuDeviceGetCount(IntByReference count);

    int cuDeviceGet(IntByReference device, int ordinal);

    int cuDeviceGetAttribute(IntByReference value, int attribute, int device);
  }

  /** Whether the first GPU is usable. If not, logs the reason. */
  static boolean usable() {
    String reason = unusableBecause();
    if (reason == null) {
      return true;
    }
    LOG.warn("no CUDA: {}; ND4J runs on the CPU", reason);
    return false;
  }

  private static String unusableBecause() {
    Driver driver;
    try {
      driver = Native.load(Platform.isWindows() ? "nvcuda" : "libcuda.so.1", Driver.class);
    } catch (UnsatisfiedLinkError e) {
      return "no NVIDIA driver (libcuda.so.1) on this machine";
    }
    IntByReference count = new IntByReference();
    int error = driver.cuInit(0);
    if (error == 0) {
      error = driver.cuDeviceGetCount(count);
    }
    if (error != 0) {
      return "the NVIDIA driver returned error " + error;
    }
    if (count.getValue() == 0) {
      return "the NVIDIA driver sees no GPU";
    }
    IntByReference device = new IntByReference();
    driver.cuDeviceGet(device, 0);
    return tooNew(
        attribute(driver, COMPUTE_CAPABILITY_MAJOR, device.getValue()),
        attribute(driver, COMPUTE_CAPABILITY_MINOR, device.getValue()));
  }

  private static int attribute(Driver driver, int attribute, int device) {
    IntByReference value = new IntByReference();
    driver.cuDeviceGetAttribute(value, attribute, device);
    return value.getValue();
  }

  /** Why ND4J has no code for a compute capability; null if it has. */
  static String tooNew(int major, int minor) {
    int capability = 10 * major + minor;
    if (capability >= 37 && capability <= 89) {
      return null;
    }
    return "GPU 0 has compute capability %d.%d, and ND4J's CUDA 11.6 build runs on 3.7 to 8.9"
        .formatted(major, minor);
  }
}
