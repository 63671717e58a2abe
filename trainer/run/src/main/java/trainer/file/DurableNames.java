package trainer.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Renames that survive a power failure. */
public final class DurableNames {
  private DurableNames() {}

  /**
   * Renames a file atomically and durably, replacing the target. Its content must already be
   * synchronized.
   */
  public static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path directory = to.toAbsolutePath().getParent();
    if (directory != null) {
      synchronize(directory);
    }
  }

  /** Makes the entries of a directory durable. */
  public static void synchronize(Path directory) throws IOException {
    // Other systems cannot open a directory, and their file systems order renames.
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
