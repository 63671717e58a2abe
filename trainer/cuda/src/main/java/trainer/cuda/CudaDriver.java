package trainer.cuda;

import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The NVIDIA driver. Checks every result.
 *
 * @param functions of libcuda
 * @param source path of the library
 */
public record CudaDriver(DriverFunctions functions, String source) {
  /** The first version with cuGraphInstantiateWithFlags. */
  private static final int OLDEST = 11040;

  /** Formats a version: 13.0 for 13000. */
  public static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /**
   * Finds and initializes the driver.
   *
   * @throws CudaException if there is none, it is too old, or it sees no GPU
   */
  public static CudaDriver load(LibrarySearch search) {
    LibrarySearch.Found<DriverFunctions> found =
        search.find(DriverFunctions.class, List.of("libcuda.so.1"), List.of());
    if (found == null) {
      throw new CudaException(
          "no NVIDIA driver on this machine: libcuda.so.1 was not found (%s)"
              .formatted(search.places()));
    }
    CudaDriver driver = new CudaDriver(found.functions(), found.source());
    int result = found.functions().cuInit(0);
    if (result == DriverFunctions.ERROR_NO_DEVICE) {
      throw new CudaException("the NVIDIA driver sees no GPU; CUDA_VISIBLE_DEVICES may hide it");
    }
    driver.check("cuInit", result);
    int version = driver.version();
    if (version < OLDEST) {
      throw new CudaException(
          "the NVIDIA driver supports CUDA %s, but %s or later is needed: update the driver"
              .formatted(text(version), text(OLDEST)));
    }
    return driver;
  }

  /**
   * Checks a call's result.
   *
   * @throws CudaException if it is an error
   */
  void check(String call, int result) {
    if (result != DriverFunctions.SUCCESS) {
      String error = describe(call, result);
      throw result == DriverFunctions.ERROR_OUT_OF_MEMORY
          ? new GpuMemoryException(error)
          : new CudaException(error);
    }
  }

  /** Whether an error is one after which the driver refuses all later calls of the process. */
  static boolean isFault(int result) {
    return switch (result) {
      case DriverFunctions.ERROR_UNCORRECTABLE_MEMORY,
          DriverFunctions.ERROR_ILLEGAL_ADDRESS,
          DriverFunctions.ERROR_LAUNCH_TIMEOUT,
          DriverFunctions.ERROR_ASSERT,
          DriverFunctions.ERROR_UNKNOWN ->
          true;
      default ->
          result >= DriverFunctions.ERROR_HARDWARE_STACK
              && result <= DriverFunctions.ERROR_LAUNCH_FAILED;
    };
  }

  /** Describes an error: call, code and meaning. */
  String describe(String call, int result) {
    return "%s failed with error %d, %s: %s"
        .formatted(
            call,
            result,
            text(functions::cuGetErrorName, result),
            text(functions::cuGetErrorString, result));
  }

  /** A function that describes an error. */
  private interface Explanation {
    int of(int error, PointerByReference text);
  }

  private static String text(Explanation explanation, int error) {
    PointerByReference text = new PointerByReference();
    explanation.of(error, text);
    return text.getValue() == null ? "unknown" : text.getValue().getString(0);
  }

  /** The newest CUDA version that the driver supports: 1000 · major + 10 · minor. */
  public int version() {
    IntByReference version = new IntByReference();
    check("cuDriverGetVersion", functions.cuDriverGetVersion(version));
    return version.getValue();
  }

  /** The GPUs that the driver sees. */
  public List<GpuProperties> gpus() {
    IntByReference count = new IntByReference();
    check("cuDeviceGetCount", functions.cuDeviceGetCount(count));
    List<GpuProperties> gpus = new ArrayList<>();
    for (int ordinal = 0; ordinal < count.getValue(); ordinal++) {
      gpus.add(gpu(ordinal));
    }
    return gpus;
  }

  private GpuProperties gpu(int ordinal) {
    IntByReference handle = new IntByReference();
    check("cuDeviceGet", functions.cuDeviceGet(handle, ordinal));
    int device = handle.getValue();
    byte[] name = new byte[256];
    check("cuDeviceGetName", functions.cuDeviceGetName(name, name.length, device));
    LongByReference memory = new LongByReference();
    check("cuDeviceTotalMem", functions.cuDeviceTotalMem_v2(memory, device));
    String text = new String(name, StandardCharsets.UTF_8);
    return new GpuProperties(
        ordinal,
        device,
        text.substring(0, text.indexOf('\0')),
        10 * attribute(DriverFunctions.COMPUTE_CAPABILITY_MAJOR, device)
            + attribute(DriverFunctions.COMPUTE_CAPABILITY_MINOR, device),
        attribute(DriverFunctions.MULTIPROCESSORS, device),
        attribute(DriverFunctions.COOPERATIVE_LAUNCH, device) != 0
            ? attribute(DriverFunctions.SHARED_MEMORY_OF_BLOCK, device)
            : 0,
        memory.getValue());
  }

  private int attribute(int attribute, int device) {
    IntByReference value = new IntByReference();
    check("cuDeviceGetAttribute", functions.cuDeviceGetAttribute(value, attribute, device));
    return value.getValue();
  }
}
