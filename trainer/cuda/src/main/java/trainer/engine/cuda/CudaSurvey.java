package trainer.engine.cuda;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import trainer.config.Compute.Precision;
import trainer.cuda.CublasFunctions;
import trainer.cuda.CudaDriver;
import trainer.cuda.CudaException;
import trainer.cuda.GpuProperties;
import trainer.cuda.LibrarySearch;
import trainer.cuda.Nvrtc;
import trainer.cuda.Products;

/**
 * The state of CUDA on this machine.
 *
 * @param gpus in the driver's list
 * @param libraries found, with version and path
 * @param obstacle why the engine cannot use the first GPU; empty if it can
 */
public record CudaSurvey(
    List<GpuProperties> gpus, List<Library> libraries, Optional<String> obstacle) {

  /** A CUDA library. */
  public record Library(String name, String version, String source) {}

  /** Searches for all libraries and opens the first GPU. */
  public static CudaSurvey ofThisMachine() {
    return of(LibrarySearch.ofThisMachine());
  }

  /** Reports every library, even if another is missing. */
  static CudaSurvey of(LibrarySearch search) {
    Optional<CudaDriver> driver = found(() -> CudaDriver.load(search));
    int version = driver.map(CudaDriver::version).orElse(Integer.MAX_VALUE);
    List<Library> libraries =
        Stream.of(
                driver.map(it -> new Library("driver", CudaDriver.text(version), it.source())),
                found(() -> compiler(search, version)),
                found(() -> cublas(search, version)))
            .flatMap(Optional::stream)
            .toList();
    return new CudaSurvey(
        driver.flatMap(it -> found(it::gpus)).orElse(List.of()),
        libraries,
        obstacleTo(() -> Device.ofThisMachine(search, Precision.FLOAT32).close()));
  }

  private static Library compiler(LibrarySearch search, int driverVersion) {
    Nvrtc compiler = Nvrtc.load(search, driverVersion);
    return new Library("NVRTC", GpuProperties.version(compiler.version()), compiler.source());
  }

  private static Library cublas(LibrarySearch search, int driverVersion) {
    LibrarySearch.Found<CublasFunctions> cublas = Products.find(search, driverVersion);
    return new Library("cuBLAS", Products.version(cublas.functions()), cublas.source());
  }

  private static <T> Optional<T> found(Supplier<T> part) {
    try {
      return Optional.of(part.get());
    } catch (CudaException | LinkageError e) {
      return Optional.empty(); // the obstacle says why
    }
  }

  /**
   * Why the engine cannot compute here in a precision; empty if it can. Opens the GPU to find out.
   */
  public static Optional<String> obstacle(Precision precision) {
    return obstacleTo(() -> Device.ofThisMachine(precision).close());
  }

  private static Optional<String> obstacleTo(Runnable use) {
    try {
      use.run();
      return Optional.empty();
    } catch (CudaException e) {
      return Optional.of(e.getMessage());
    } catch (LinkageError e) { // a function is missing, or the wrong architecture
      return Optional.of("cannot load a CUDA library: " + e.getMessage());
    }
  }
}
