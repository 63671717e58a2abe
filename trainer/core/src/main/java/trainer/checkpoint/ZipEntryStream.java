package trainer.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import trainer.file.Sha256;
import trainer.run.DamagedException;

/**
 * Reads one entry of a zip file, exactly as many bytes as the table of contents says. {@link
 * #verify} checks them.
 */
public final class ZipEntryStream extends InputStream {
  private static final int BUFFER_BYTES = 1 << 16;

  private final SeekableByteChannel file;
  private final ZipDirectory.Entry entry;
  private final Inflater inflater;
  private final CRC32 crc = new CRC32();
  private final MessageDigest digest = Sha256.digest();
  private final ByteBuffer stored = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
  private long storedLeft;
  private long left;

  /** Starts at the entry's first byte; {@link #close} leaves the channel open. */
  public ZipEntryStream(SeekableByteChannel file, ZipDirectory.Entry entry) throws IOException {
    this.file = file;
    this.entry = entry;
    this.storedLeft = entry.stored();
    this.left = entry.bytes();
    this.inflater = entry.deflated() ? new Inflater(true) : null;
    file.position(entry.start());
  }

  /** Remaining bytes. */
  public long left() {
    return left;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (left == 0) {
      return -1;
    }
    int wanted = (int) Math.min(length, left);
    int count = entry.deflated() ? inflate(target, offset, wanted) : copy(target, offset, wanted);
    crc.update(target, offset, count);
    digest.update(target, offset, count);
    left -= count;
    return count;
  }

  private int copy(byte[] target, int offset, int wanted) throws IOException {
    if (!stored.hasRemaining()) {
      fill();
    }
    int count = Math.min(wanted, stored.remaining());
    stored.get(target, offset, count);
    return count;
  }

  private int inflate(byte[] target, int offset, int wanted) throws IOException {
    try {
      while (true) {
        int count = inflater.inflate(target, offset, wanted);
        if (count > 0) {
          return count;
        }
        if (inflater.finished() || inflater.needsDictionary()) {
          throw new DamagedException("its entry " + entry.name() + " is damaged");
        }
        if (!stored.hasRemaining()) {
          fill();
        }
        inflater.setInput(stored);
      }
    } catch (DataFormatException e) {
      throw new DamagedException("its entry " + entry.name() + " is damaged");
    }
  }

  private void fill() throws IOException {
    int wanted = (int) Math.min(stored.capacity(), storedLeft);
    stored.clear().limit(wanted);
    if (wanted == 0 || file.read(stored) < 0) {
      throw new DamagedException("its entry " + entry.name() + " is damaged");
    }
    storedLeft -= stored.position();
    stored.flip();
  }

  /**
   * Checks that the entry was read completely and is intact.
   *
   * @param sha256 from the manifest; null for the manifest itself, which has only a CRC
   */
  public void verify(String sha256) throws DamagedException {
    if (left > 0) {
      throw new DamagedException(
          String.format(Locale.ROOT, "its entry %s has %,d bytes too many", entry.name(), left));
    }
    if (crc.getValue() != entry.crc()) {
      throw new DamagedException("its entry " + entry.name() + " is damaged (CRC-32 differs)");
    }
    if (sha256 != null && !HexFormat.of().formatHex(digest.digest()).equals(sha256)) {
      throw new DamagedException("its entry " + entry.name() + " is damaged (SHA-256 differs)");
    }
  }

  @Override
  public void close() {
    if (inflater != null) {
      inflater.end();
    }
  }
}
