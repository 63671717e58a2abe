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

  /** What no folder of the loader's cache has is not asked of JNA, which starts a process. */
  @Test
  void theLoadersCacheTellsWhatIsAbsent() throws IOException {
    Files.createFile(Files.createDirectories(folder.resolve("driver")).resolve("libcuda.so.1"));
    Path cache = folder.resolve("ld.so.cache");
    Files.writeString(cache, "glibc-ld.so.cache1.1\1\0libx.so.1\0" + folder + "/none/libx.so.1\0");
    assertThat(LibrarySearch.isAbsent("libcuda.so.1", cache)).isTrue();
    // A driver that was installed since the cache was written, in a folder that it has.
    Files.writeString(cache, "libx.so.1\0" + folder + "/driver/libx.so.1\0");
    assertThat(LibrarySearch.isAbsent("libcuda.so.1", cache)).isFalse();
    assertThat(LibrarySearch.isAbsent("libcuda.so.1", folder.resolve("nowhere"))).isFalse();
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
