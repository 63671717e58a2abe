package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trainer.config.Compute.Precision;

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
    LibrarySearch search = LibrarySearch.ofThisMachine();
    List<GpuProperties> gpus = new ArrayList<>();
    List<Library> libraries = new ArrayList<>();
    Optional<String> obstacle =
        obstacleTo(
            () -> {
              look(search, gpus, libraries);
              Device.ofThisMachine(Precision.FLOAT32).close();
            });
    return new CudaSurvey(gpus, libraries, obstacle);
  }

  private static void look(
      LibrarySearch search, List<GpuProperties> gpus, List<Library> libraries) {
    CudaDriver driver = CudaDriver.load(search);
    int version = driver.version();
    libraries.add(new Library("driver", CudaDriver.text(version), driver.source()));
    gpus.addAll(driver.gpus());
    Nvrtc compiler = Nvrtc.load(search, version);
    String compilerVersion = GpuProperties.version(compiler.version());
    libraries.add(new Library("NVRTC", compilerVersion, compiler.source()));
    LibrarySearch.Found<CublasFunctions> cublas = Products.find(search, version);
    libraries.add(new Library("cuBLAS", Products.version(cublas.functions()), cublas.source()));
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
