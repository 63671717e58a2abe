package trainer.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import trainer.file.AtomicFile;
import trainer.file.Sha256;

/**
 * Writes a zip file whose bytes depend only on its content: entries are stored, not deflated
 * (weights compress little), with a fixed time. Each body is produced twice, once for its checksums
 * and once for the file, so that none is kept in memory.
 */
final class StoredZip {
  // The earliest time in a zip file.
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final List<Entry> entries = new ArrayList<>();

  /** An entry with its checksums; the body must write the same bytes each time. */
  record Entry(String name, AtomicFile.Body body, long bytes, long crc, String sha256) {}

  /** Adds an entry, reading its body once. */
  Entry add(String name, AtomicFile.Body body) {
    MessageDigest digest = Sha256.digest();
    CheckedOutputStream checked =
        new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
    Counter counter = new Counter(new DigestOutputStream(checked, digest));
    try {
      body.writeTo(counter);
    } catch (IOException e) {
      throw new UncheckedIOException("nothing was written to fail", e);
    }
    Entry entry =
        new Entry(
            name,
            body,
            counter.bytes,
            checked.getChecksum().getValue(),
            HexFormat.of().formatHex(digest.digest()));
    entries.add(entry);
    return entry;
  }

  Entry add(String name, byte[] content) {
    return add(name, out -> out.write(content));
  }

  List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** Writes the file, reading every body again. */
  void writeTo(OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    zip.setMethod(ZipOutputStream.STORED);
    for (Entry entry : entries) {
      ZipEntry header = new ZipEntry(entry.name());
      header.setTimeLocal(TIME);
      header.setSize(entry.bytes());
      header.setCrc(entry.crc());
      zip.putNextEntry(header);
      entry.body().writeTo(zip);
      zip.closeEntry();
    }
    zip.finish();
  }

  private static final class Counter extends OutputStream {
    private final OutputStream out;
    private long bytes;

    Counter(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      bytes++;
    }

    @Override
    public void write(byte[] values, int offset, int length) throws IOException {
      out.write(values, offset, length);
      bytes += length;
    }
  }
}
