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

  /** A disk that gives an error whenever a file is read, and does all else. */
  static DiskObserver failsToRead(Path file, IOException error) {
    return new DiskObserver() {
      @Override
      public void before(Operation operation) {}

      @Override
      public void beforeReading(Path path) throws IOException {
        if (path.equals(file)) {
          throw error;
        }
      }
    };
  }
}
