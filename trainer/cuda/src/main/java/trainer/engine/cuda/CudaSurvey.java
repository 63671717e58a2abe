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
 * What there is of CUDA on this machine.
 *
 * @param gpus that the driver shows
 * @param libraries that were found, with version and place
 * @param obstacle why the engine cannot use the first GPU; empty where it can
 */
public record CudaSurvey(
    List<GpuProperties> gpus, List<Library> libraries, Optional<String> obstacle) {

  /** A library of CUDA's. */
  public record Library(String name, String version, String source) {}

  /** Looks for all parts, and tries them. */
  public static CudaSurvey ofThisMachine() {
    return of(LibrarySearch.ofThisMachine());
  }

  /** What a search finds: every part, also where another is missing. */
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

  /** Why the engine cannot compute here in a precision; empty where it can. Tries it. */
  public static Optional<String> obstacle(Precision precision) {
    return obstacleTo(() -> Device.ofThisMachine(precision).close());
  }

  private static Optional<String> obstacleTo(Runnable use) {
    try {
      use.run();
      return Optional.empty();
    } catch (CudaException e) {
      return Optional.of(e.getMessage());
    } catch (LinkageError e) { // a library that lacks a function, or is for another machine
      return Optional.of("a library that CUDA needs cannot be used: " + e.getMessage());
    }
  }
}
