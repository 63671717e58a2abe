package trainer.engine.cuda;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import trainer.config.Compute.Precision;
import trainer.config.Compute.Recurrence;
import trainer.config.binding.Selection;
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

  /** Searches for all libraries, opens the first GPU and checks its results. */
  public static CudaSurvey ofThisMachine() {
    return of(LibrarySearch.ofThisMachine());
  }

  /** Reports every library, even if another is missing. */
  static CudaSurvey of(LibrarySearch search) {
    Optional<CudaDriver> driver = found(() -> CudaDriver.load(search));
    int version = driver.map(CudaDriver::version).orElse(Integer.MAX_VALUE);
    List<GpuProperties> gpus = driver.flatMap(it -> found(it::gpus)).orElse(List.of());
    GpuProperties first = gpus.isEmpty() ? null : gpus.get(0);
    Optional<Nvrtc> compiler =
        found(() -> Nvrtc.load(search, version, first))
            .or(() -> found(() -> Nvrtc.load(search, version, null)));
    int major = compiler.map(Nvrtc::major).orElse(0);
    List<Library> libraries =
        Stream.of(
                driver.map(it -> new Library("driver", CudaDriver.text(version), it.source())),
                compiler.flatMap(it -> found(() -> library(it))),
                found(() -> library(Products.find(search, version, major))))
            .flatMap(Optional::stream)
            .toList();
    return new CudaSurvey(
        gpus,
        libraries,
        obstacleTo(() -> SelfCheck.open(search, Precision.FLOAT32, Recurrence.STEPS, 0).close()));
  }

  /** The precisions of the first GPU, as in configurations. */
  public List<String> precisions() {
    return gpus.isEmpty() || gpus.get(0).capability() < Device.TENSOR_CORES
        ? List.of("float32")
        : List.of("float32", "tf32", "bfloat16");
  }

  private static Library library(Nvrtc compiler) {
    return new Library("NVRTC", GpuProperties.version(compiler.version()), compiler.source());
  }

  private static Library library(LibrarySearch.Found<CublasFunctions> cublas) {
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
   * Why the engine cannot compute here in a precision; empty if it can. Opens and checks the GPUs.
   *
   * @throws trainer.config.ConfigurationException if one of them does not exist
   */
  static Optional<String> obstacle(Precision precision, Recurrence recurrence, Selection gpus) {
    return obstacleTo(
        () -> {
          for (int ordinal : Device.ordinals(LibrarySearch.ofThisMachine(), gpus)) {
            SelfCheck.open(precision, recurrence, ordinal).close();
          }
        });
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
