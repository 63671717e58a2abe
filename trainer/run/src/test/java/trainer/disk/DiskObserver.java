package trainer.disk;

import java.io.IOException;
import java.nio.file.Path;

/** Sees every change and read of a {@link WatchedFileSystem}. */
@FunctionalInterface
public interface DiskObserver {
  /**
   * Called before each operation.
   *
   * @throws IOException thrown to the program instead of the operation
   */
  void before(Operation operation) throws IOException;

  /**
   * Called before a file or directory is examined, opened for reading, listed, or read.
   *
   * @param path the real one, absolute
   * @throws IOException thrown to the program instead
   */
  default void beforeReading(Path path) throws IOException {}

  /** A disk whose reads fail with an error. */
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
