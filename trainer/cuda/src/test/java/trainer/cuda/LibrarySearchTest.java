package trainer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.engine.cuda.EmulatedCuda;

@Tag("slow")
class LibrarySearchTest {
  @TempDir private Path folder;

  /** Images with PyTorch have the libraries in a Python installation of their own. */
  @Test
  void thePackagesOfEveryPythonOnThePathAreSearched() throws IOException {
    Path bin = Files.createDirectories(folder.resolve("conda/bin"));
    Files.createFile(bin.resolve("python3")).toFile().setExecutable(true);
    Path lib =
        Files.createDirectories(
            folder.resolve("conda/lib/python3.11/site-packages/nvidia/cublas/lib"));
    Path venv = Files.createDirectories(folder.resolve("venv/bin"));
    Files.createSymbolicLink(venv.resolve("python3"), bin.resolve("python3"));
    for (String path : List.of(folder + "/nothing:" + bin + ":", venv.toString())) {
      assertThat(LibrarySearch.ofPythonsOn(path))
          .isNotEmpty()
          .allSatisfy(found -> assertThat(Files.isSameFile(found, lib)).isTrue());
    }
    assertThat(LibrarySearch.ofPythonsOn(null)).isEmpty();
  }

  /** JNA unloads a library once it is unreachable. */
  @Test
  void whatWasLoadedStaysLoaded() throws IOException, InterruptedException {
    Path emulated = EmulatedCuda.folder().resolve("libemulated.so");
    Path library = Files.copy(emulated, folder.resolve("libnvrtc.so.13"));
    Path companion = Files.copy(emulated, folder.resolve("libnvrtc-builtins.so.13"));
    assertThat(Nvrtc.load(new LibrarySearch(List.of(folder), null), 13000, null).version())
        .isEqualTo(130);
    for (int collection = 0; collection < 5; collection++) {
      System.gc();
      Thread.sleep(20); // JNA's cleaner runs on another thread
    }
    assertThat(Files.readString(Path.of("/proc/self/maps")))
        .contains(library.toString(), companion.toString());
  }
}
