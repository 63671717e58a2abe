package trainer.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Names of files that survive a power failure. */
public final class DurableNames {
  private DurableNames() {}

  /**
   * Gives a file another name, at once and for good, replacing what had it. Its content must have
   * been synchronized before.
   */
  public static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path directory = to.toAbsolutePath().getParent();
    if (directory != null) {
      synchronize(directory);
    }
  }

  /** Makes the names in a directory survive a power failure. */
  public static void synchronize(Path directory) throws IOException {
    // Elsewhere a directory cannot be opened, and the file system orders renames itself.
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
