package trainer.service.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/** Reads the lines appended to a text file since the last read. Not thread-safe. */
final class GrowingFile {
  private static final int MAXIMUM_BYTES = 4 << 20;

  private final Path path;
  private Object key;
  private long offset;

  GrowingFile(Path path) {
    this.path = path;
  }

  /**
   * New content.
   *
   * @param replaced whether the file was replaced or truncated, so earlier content is void
   * @param text whole lines, at most 4 MiB
   */
  record Added(boolean replaced, String text) {
    /** Whether there is anything new; more may follow. */
    boolean isNew() {
      return replaced || !text.isEmpty();
    }
  }

  /** Reads new lines. A missing file is empty. */
  Added read() throws IOException {
    // Before it is opened: if it is replaced in between, the next read sees that.
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return new Added(false, "");
    }
    try (SeekableByteChannel channel =
        Files.newByteChannel(path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      return read(channel, attributes.fileKey());
    } catch (NoSuchFileException e) {
      return new Added(false, "");
    }
  }

  private Added read(SeekableByteChannel channel, Object found) throws IOException {
    long size = channel.size(); // that of an open file: NFS caches others for up to a minute
    boolean replaced = (key != null && !key.equals(found)) || size < offset;
    if (replaced) {
      offset = 0;
    }
    key = found;
    if (size == offset) {
      return new Added(replaced, "");
    }
    byte[] bytes = bytes(channel, (int) Math.min(size - offset, MAXIMUM_BYTES));
    int length = bytes.length;
    while (length > 0 && bytes[length - 1] != '\n') {
      length--;
    }
    if (length == 0 && bytes.length == MAXIMUM_BYTES) {
      length = startOfLastCharacter(bytes); // do not wait for the end of such a line
    }
    offset += length;
    return new Added(replaced, new String(bytes, 0, length, StandardCharsets.UTF_8));
  }

  /** The character may continue in the next block. */
  private static int startOfLastCharacter(byte[] bytes) {
    int start = bytes.length - 1;
    while (start > bytes.length - 4 && (bytes[start] & 0xC0) == 0x80) {
      start--;
    }
    return start;
  }

  /** Restarts at the beginning of the file. */
  void restart() {
    offset = 0;
    key = null;
  }

  private byte[] bytes(SeekableByteChannel channel, int length) throws IOException {
    channel.position(offset);
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
      // until full or end of file
    }
    byte[] bytes = new byte[buffer.position()];
    buffer.flip().get(bytes);
    return bytes;
  }
}
