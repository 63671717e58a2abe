package trainer.engine.cuda;

import java.util.List;
import java.util.Locale;
import trainer.config.Compute.Precision;
import trainer.cuda.CudaDriver;
import trainer.cuda.CudaException;
import trainer.cuda.Failure;
import trainer.cuda.Gpu;
import trainer.cuda.GpuProperties;
import trainer.cuda.KernelCache;
import trainer.cuda.Kernels;
import trainer.cuda.LibrarySearch;
import trainer.cuda.Nvrtc;
import trainer.cuda.Products;

/**
 * An open GPU with the compiled kernels and cuBLAS.
 *
 * @param precision of GEMM
 * @param settings recurrence and CUDA graphs
 * @param description for logs and provenance
 */
public record Device(
    Gpu gpu,
    Kernels kernels,
    Products products,
    Precision precision,
    DeviceSettings settings,
    String description)
    implements AutoCloseable {

  /**
   * Opens this machine's first GPU, with its settings.
   *
   * @throws CudaException if it cannot be used, with what is missing or too old
   * @throws trainer.config.ConfigurationException if a setting is invalid
   */
  static Device ofThisMachine(Precision precision) {
    return ofThisMachine(LibrarySearch.ofThisMachine(), precision);
  }

  /** The same, with the libraries of a search. */
  static Device ofThisMachine(LibrarySearch search, Precision precision) {
    return open(search, KernelCache.ofThisMachine(), precision, DeviceSettings.ofThisMachine());
  }

  /**
   * Opens the first GPU.
   *
   * @throws CudaException if it cannot be used, with what is missing or too old
   */
  public static Device open(
      LibrarySearch search, KernelCache cache, Precision precision, DeviceSettings settings) {
    CudaDriver driver = CudaDriver.load(search);
    List<GpuProperties> gpus = driver.gpus();
    if (gpus.isEmpty()) {
      throw new CudaException("the NVIDIA driver sees no GPU; CUDA_VISIBLE_DEVICES may hide it");
    }
    GpuProperties properties = gpus.get(0);
    Nvrtc compiler = Nvrtc.load(search, driver.version());
    String target = compiler.target(properties);
    Products.find(search, driver.version());
    Gpu gpu = Gpu.open(driver, properties);
    Kernels kernels = null;
    try {
      kernels =
          new Kernels(gpu, cache.compiled(KernelSource.text(), compiler, driver.version(), target));
      Products products = new Products(gpu, search, driver.version(), precision);
      return new Device(
          gpu,
          kernels,
          products,
          precision,
          settings,
          "%s, compute capability %s, CUDA %s, %s%s%s"
              .formatted(
                  properties.name(),
                  properties.capabilityText(),
                  GpuProperties.version(compiler.version()),
                  precision.name().toLowerCase(Locale.ROOT),
                  settings.recurrence() == Recurrence.PERSISTENT ? ", persistent recurrence" : "",
                  settings.graphs() ? "" : ", without graphs"));
    } catch (RuntimeException | LinkageError e) {
      Failure.closing(e, kernels, gpu);
      throw e;
    }
  }

  @Override
  public void close() {
    gpu.enter();
    gpu.synchronize();
    products.close();
    kernels.close();
    gpu.close();
  }
}
