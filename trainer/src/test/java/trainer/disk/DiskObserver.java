package trainer.disk;

import java.io.IOException;
import java.nio.file.Path;

/** Sees every change of a {@link WatchedFileSystem}, and what is read of it. */
@FunctionalInterface
public interface DiskObserver {
  /**
   * Called before each operation.
   *
   * @throws IOException what the program is to see instead; nothing has then been done
   */
  void before(Operation operation) throws IOException;

  /**
   * Called before a file or directory is looked at, opened for reading, listed, or read.
   *
   * @param path the real one, absolute
   * @throws IOException what the program is to see instead
   */
  default void beforeReading(Path path) throws IOException {}
}
