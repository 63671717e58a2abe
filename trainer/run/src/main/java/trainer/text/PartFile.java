package trainer.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Set;
import trainer.file.DurableNames;
import trainer.file.FileErrors;

/**
 * A file that is not complete yet, {@code FILE.part}. What was written stays when the program ends;
 * {@link #commit} gives the file its name. Safe for a writing and a watching thread.
 */
public final class PartFile implements AutoCloseable {
  private final Path target;
  private final Path part;
  private FileChannel channel; // open while bytes arrive
  private long size;

  public PartFile(Path target) {
    this.target = target;
    this.part = target.resolveSibling(target.getFileName() + ".part");
    try {
      Files.createDirectories(target.getParent());
      this.size = Files.exists(part) ? Files.size(part) : 0;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  Path path() {
    return part;
  }

  /** Bytes there are. */
  synchronized long size() {
    return size;
  }

  /**
   * Makes sure that the disk has room.
   *
   * @param bytes still to come
   */
  void reserve(long bytes) {
    try {
      long room = Files.getFileStore(target.getParent()).getUsableSpace();
      if (room < bytes) {
        throw new TextException(
            String.format(
                Locale.ROOT,
                "%s: the disk has room for %,d bytes; %,d are needed",
                target.getParent(),
                room,
                bytes));
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Opens the file at its end, or empties it. */
  public synchronized void open(boolean append) {
    close();
    try {
      channel =
          FileChannel.open(
              part,
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS,
                  append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING));
      size = channel.size();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Adds bytes; ignored when the file is closed, as a late answer may still come. */
  public synchronized void write(byte[] bytes) {
    if (channel == null) {
      return;
    }
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        size += channel.write(buffer);
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Deletes what was written. */
  synchronized void discard() {
    close();
    try {
      Files.deleteIfExists(part);
      size = 0;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Makes the file durable and gives it its name. */
  public synchronized void commit() {
    close();
    try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
      written.force(true);
      DurableNames.rename(part, target);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  @Override
  public synchronized void close() {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw unwritable(e);
    } finally {
      channel = null;
    }
  }

  private TextException unwritable(IOException e) {
    return new TextException("%s: cannot be written: %s".formatted(part, FileErrors.reason(e)), e);
  }
}
