package trainer.disk;

import java.io.IOException;

/** Sees every change of a {@link WatchedFileSystem}. */
@FunctionalInterface
public interface DiskObserver {
  /**
   * Called before each operation.
   *
   * @throws IOException what the program is to see instead; nothing has then been done
   */
  void before(Operation operation) throws IOException;
}
