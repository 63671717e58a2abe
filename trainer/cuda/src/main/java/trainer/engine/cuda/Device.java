package trainer.engine.cuda;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.ConfigurationException;
import trainer.config.binding.ConfigurationProblem;
import trainer.config.binding.Selection;
import trainer.cuda.CublasFunctions;
import trainer.cuda.CudaDriver;
import trainer.cuda.CudaException;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Failure;
import trainer.cuda.Gpu;
import trainer.cuda.GpuProperties;
import trainer.cuda.HostMemory;
import trainer.cuda.KernelCache;
import trainer.cuda.Kernels;
import trainer.cuda.LibrarySearch;
import trainer.cuda.Matrix;
import trainer.cuda.Nvrtc;
import trainer.cuda.Products;

/**
 * An open GPU with the compiled kernels and cuBLAS.
 *
 * @param programs compiles and loads kernels
 * @param kernels for all networks
 * @param memory of the device itself
 * @param stuck a word that persistent kernels set if their blocks waited for each other in vain
 * @param precision of GEMM
 * @param settings recurrence and CUDA graphs
 * @param description for logs and provenance
 */
public record Device(
    Gpu gpu,
    Programs programs,
    Kernels kernels,
    Products products,
    DeviceMemory memory,
    HostMemory stuck,
    Precision precision,
    DeviceSettings settings,
    String description)
    implements AutoCloseable {
  /** First compute capability whose tensor cores support tf32 and bfloat16. */
  static final int TENSOR_CORES = 80;

  /**
   * The indices of GPUs in the driver's list.
   *
   * @throws ConfigurationException if one of them does not exist
   * @throws CudaException if there is none at all
   */
  static List<Integer> ordinals(LibrarySearch search, Selection gpus) {
    int present = gpus(CudaDriver.load(search)).size();
    List<Integer> ordinals = gpus.among(present);
    if (Collections.max(ordinals) >= present) {
      String message =
          "%s, but this machine has %s; use those that there are, such as --set compute.gpus=%d"
              .formatted(
                  gpus,
                  present == 1 ? "1 GPU, number 0" : present + " GPUs, numbered from 0",
                  present);
      throw new ConfigurationException(
          List.of(new ConfigurationProblem("compute.gpus", 0, "", gpus.toString(), message)));
    }
    return ordinals;
  }

  private static List<GpuProperties> gpus(CudaDriver driver) {
    List<GpuProperties> gpus = driver.gpus();
    if (gpus.isEmpty()) {
      throw new CudaException("the NVIDIA driver sees no GPU; CUDA_VISIBLE_DEVICES may hide it");
    }
    return gpus;
  }

  /** Opens the first GPU without a check of its results: see {@link SelfCheck}. */
  public static Device open(
      LibrarySearch search, KernelCache cache, Precision precision, DeviceSettings settings) {
    return open(search, cache, precision, settings, 0);
  }

  /**
   * Opens a GPU without a check of its results.
   *
   * @param ordinal in the driver's list
   * @throws CudaException if it cannot be used, with what is missing or too old
   */
  static Device open(
      LibrarySearch search,
      KernelCache cache,
      Precision precision,
      DeviceSettings settings,
      int ordinal) {
    CudaDriver driver = CudaDriver.load(search);
    GpuProperties properties = gpus(driver).get(ordinal);
    if (precision != Precision.FLOAT32 && properties.capability() < TENSOR_CORES) {
      throw new CudaException(
          "%s has compute capability %s, but tf32 and bfloat16 need %s: use float32"
              .formatted(
                  properties.text(),
                  properties.capabilityText(),
                  GpuProperties.version(TENSOR_CORES)));
    }
    Nvrtc compiler = Nvrtc.load(search, driver.version(), properties);
    String target = compiler.target(properties);
    CublasFunctions cublas = Products.find(search, driver.version(), compiler.major()).functions();
    Gpu gpu = Gpu.open(driver, properties);
    DeviceMemory memory = new DeviceMemory(gpu);
    Programs programs = new Programs(gpu, cache, compiler, target);
    try {
      Kernels kernels = programs.of(KernelSource.text());
      HostMemory stuck = memory.host(Long.BYTES);
      return new Device(
          gpu,
          programs,
          kernels,
          new Products(gpu, cublas, precision),
          memory,
          stuck,
          precision,
          settings,
          "%s, compute capability %s, CUDA %s, %s%s%s"
              .formatted(
                  properties.name(),
                  properties.capabilityText(),
                  GpuProperties.version(compiler.version()),
                  precision.name().toLowerCase(Locale.ROOT),
                  settings.recurrence() == Recurrence.STEPS ? "" : ", " + settings.way(),
                  settings.graphs() ? "" : ", without graphs"));
    } catch (RuntimeException | LinkageError e) {
      Failure.closing(e, memory, programs, gpu);
      throw e;
    }
  }

  /** As {@link Gpu#aside}; without CUDA graphs, everything runs on one stream. */
  void aside(Runnable work) {
    if (settings.graphs()) {
      gpu.aside(work);
    } else {
      work.run();
    }
  }

  /** Writes the copy of a factor that the host has written, if products read one. */
  void copy(Matrix factor) {
    if (factor.copy() != 0) {
      int elements = Math.multiplyExact(factor.rows(), factor.stride());
      kernels.forElements("copy_factors", elements, elements, factor.address(), factor.copy());
    }
  }

  /** What results depend on: GPU, driver, libraries, kernels, precision and settings. */
  String identity() {
    return String.join(
        "\n",
        description,
        "driver " + gpu.driverVersion(),
        "cuBLAS " + products.version(),
        KernelSource.all());
  }

  /**
   * Call it after the results of a pass have arrived.
   *
   * @throws CudaException if blocks of a persistent kernel waited for each other in vain
   */
  void checkBlocks() {
    if (stuck.word(0) != 0) {
      stuck.buffer().putLong(0, 0);
      throw new CudaException(
          "a persistent kernel's blocks waited for each other in vain on %s; use --set"
                  .formatted(gpu.properties().text())
              + " compute.recurrence=steps");
    }
  }

  @Override
  public void close() {
    gpu.settle();
    memory.close();
    products.close();
    programs.close();
    gpu.close();
  }
}
