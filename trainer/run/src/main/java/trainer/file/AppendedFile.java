package trainer.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * An append-only file of complete records. A write that fails half-way (a full disk) is undone; an
 * incomplete record of a killed process is truncated when the file is reopened. Records are durable
 * only after {@link #synchronize}, which every checkpoint calls.
 */
public final class AppendedFile implements AutoCloseable {
  private static final int COPIED_AT_A_TIME = 1 << 16;

  private final Path path;
  private final FileChannel channel;
  private long length;

  private AppendedFile(Path path, FileChannel channel, long length) {
    this.path = path;
    this.channel = channel;
    this.length = length;
  }

  /**
   * Opens a file for appending, creating it if missing.
   *
   * @param length bytes to keep; the rest is truncated
   */
  public static AppendedFile open(Path path, long length) {
    requireRegular(path);
    try {
      boolean isNew = !Files.exists(path);
      FileChannel channel =
          FileChannel.open(
              path,
              Set.of(
                  StandardOpenOption.WRITE, StandardOpenOption.CREATE, LinkOption.NOFOLLOW_LINKS));
      try {
        channel.truncate(length);
        if (isNew) {
          DurableNames.synchronize(path.toAbsolutePath().getParent());
        }
        return new AppendedFile(path, channel, channel.size());
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw FileException.of(
          path, "cannot be opened for writing", e, "it must be a file that may be written to");
    }
  }

  /**
   * Replaces a file by a copy and opens that for appending, creating it if missing. Pending writes
   * of a machine that lost the shared file system then go to the old file.
   *
   * @param length bytes to keep
   */
  public static AppendedFile reopen(Path path, long length) {
    requireRegular(path);
    if (Files.exists(path)) {
      AtomicFile.write(
          path,
          out -> {
            try (InputStream old = Files.newInputStream(path)) {
              copy(old, out, length);
            }
          });
    }
    return open(path, length);
  }

  /** Copies in blocks: the file may be larger than the heap. */
  private static void copy(InputStream in, OutputStream out, long length) throws IOException {
    byte[] piece = new byte[COPIED_AT_A_TIME];
    for (long left = length; left > 0; ) {
      int read = in.read(piece, 0, (int) Math.min(left, piece.length));
      if (read < 0) {
        return;
      }
      out.write(piece, 0, read);
      left -= read;
    }
  }

  /**
   * Refuses pipes, which could block forever, and links, which lead out of the run directory.
   *
   * @throws FileException if the path exists and is not a regular file
   */
  public static void requireRegular(Path path) {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileException(
          ShellWord.shown(path) + ": is not a regular file: move it away; the run creates its own");
    }
  }

  /**
   * Appends one record.
   *
   * @throws FileException if it cannot be written; the file is then unchanged
   */
  public void append(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer, length + buffer.position());
      }
      length += bytes.length;
    } catch (IOException e) {
      FileException failure =
          FileException.of(path, "cannot be written", e, "free some space or check the disk");
      try {
        channel.truncate(length);
      } catch (IOException second) {
        failure.addSuppressed(second);
      }
      throw failure;
    }
  }

  /** Makes all records of a file durable, if it exists. */
  public static void synchronize(Path path) {
    requireRegular(path);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      channel.force(true);
    } catch (NoSuchFileException e) {
      // Nothing was appended, or the file was deleted.
    } catch (IOException e) {
      throw FileException.of(path, "cannot be written", e, "free some space or check the disk");
    }
  }

  @Override
  public void close() {
    try (channel) {
      channel.force(true);
    } catch (IOException e) {
      throw FileException.of(path, "cannot be closed", e, "free some space or check the disk");
    }
  }
}
