package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.disk.DiskObserver;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;

class GrowingFileTest {
  @TempDir private Path folder;

  /** As on NFS, which tells the size that it last saw until the file is opened. */
  @Test
  void readsWhatTheFileHasWhenItIsOpen() throws IOException {
    Path file = Files.writeString(folder.resolve("metrics.csv"), "one\n");
    AtomicInteger examined = new AtomicInteger();
    Path watched =
        WatchedFileSystem.watch(
            file,
            new DiskObserver() {
              @Override
              public void before(Operation operation) {}

              @Override
              public void beforeReading(Path path) throws IOException {
                if (examined.incrementAndGet() == 2) {
                  Files.writeString(file, "two\n", StandardOpenOption.APPEND);
                }
              }
            });
    assertThat(new GrowingFile(watched).read().text()).isEqualTo("one\ntwo\n");
  }
}
