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
 * A file that grows by whole records. Each record is one write, and one that fails half-way (a full
 * disk) is taken back; what a killed process left incomplete the owner cuts off when it opens the
 * file again. Nothing waits for the disk until {@link #synchronize}, which every checkpoint calls.
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
   * Opens a file to append to, creating it when it is missing.
   *
   * @param length how many of its bytes are whole records; what lies beyond is cut off
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
   * Goes on with a file, creating it when it is missing. It becomes another file of the same name:
   * what a machine that was cut off from a shared file system has still to write goes to the old
   * one.
   *
   * @param length how many of its bytes are whole records; what lies beyond is left out
   */
  public static AppendedFile goOn(Path path, long length) {
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

  /** Piece by piece: the file may be larger than Java's memory. */
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
   * Refuses what is there but is no file: reading a named pipe would never end, and what a link
   * leads to is not this run's.
   *
   * @throws FileException if it is one of these
   */
  public static void requireRegular(Path path) {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileException(
          path + ": is not a regular file: move it away; the run makes its own");
    }
  }

  /**
   * Adds one record.
   *
   * @throws FileException if it cannot be written; the file is then as it was before
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

  /**
   * Waits until all that was appended to a file, if there is one, would survive a power failure.
   */
  public static void synchronize(Path path) {
    requireRegular(path);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      channel.force(true);
    } catch (NoSuchFileException e) {
      // Nothing was appended, or somebody deleted it.
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
