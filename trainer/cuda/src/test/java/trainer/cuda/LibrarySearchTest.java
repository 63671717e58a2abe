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

  /** JNA unloads a library once it is unreachable. */
  @Test
  void whatWasLoadedStaysLoaded() throws IOException, InterruptedException {
    Path emulated = EmulatedCuda.folder().resolve("libemulated.so");
    Path library = Files.copy(emulated, folder.resolve("libnvrtc.so.13"));
    Path companion = Files.copy(emulated, folder.resolve("libnvrtc-builtins.so.13"));
    assertThat(Nvrtc.load(new LibrarySearch(List.of(folder), null), 13000).version())
        .isEqualTo(130);
    for (int collection = 0; collection < 5; collection++) {
      System.gc();
      Thread.sleep(20); // JNA's cleaner runs on another thread
    }
    assertThat(Files.readString(Path.of("/proc/self/maps")))
        .contains(library.toString(), companion.toString());
  }
}
