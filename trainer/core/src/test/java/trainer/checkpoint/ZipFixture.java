package trainer.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import trainer.file.Sha256;

/** Writes malformed zip files. */
final class ZipFixture {
  private ZipFixture() {}

  /**
   * An entry as its headers claim.
   *
   * @param listed name in the table of contents
   * @param claimed size in the table of contents
   */
  record Entry(String name, String listed, byte[] content, long claimed, int flags, int method) {
    static Entry of(String name, byte[] content) {
      return new Entry(name, name, content, content.length, 0, 0);
    }
  }

  static Map<String, byte[]> entriesOf(Checkpoint checkpoint, Path directory) throws IOException {
    Path file = directory.resolve("fixture.bin");
    checkpoint.write(file);
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    Files.delete(file);
    return entries;
  }

  /** The same entries with a matching manifest: a careful attacker's file. */
  static Map<String, byte[]> withManifest(Map<String, byte[]> entries) {
    Map<String, byte[]> all = new LinkedHashMap<>(entries);
    all.remove(Manifest.NAME);
    List<StoredZip.Entry> listed = new ArrayList<>();
    all.forEach(
        (name, content) ->
            listed.add(
                new StoredZip.Entry(
                    name,
                    out -> {},
                    content.length,
                    0,
                    HexFormat.of().formatHex(Sha256.digest().digest(content)))));
    all.put(Manifest.NAME, Manifest.of(9, listed).getBytes(StandardCharsets.UTF_8));
    return all;
  }

  static void write(Path file, Map<String, byte[]> entries) throws IOException {
    List<Entry> listed = new ArrayList<>();
    entries.forEach((name, content) -> listed.add(Entry.of(name, content)));
    Files.write(file, bytes(listed, false));
  }

  /**
   * A zip file.
   *
   * @param zip64 whether sizes and offsets are in zip64 records
   */
  static byte[] bytes(List<Entry> entries, boolean zip64) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream table = new ByteArrayOutputStream();
    for (Entry entry : entries) {
      CRC32 crc = new CRC32();
      crc.update(entry.content());
      byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
      byte[] listed = entry.listed().getBytes(StandardCharsets.UTF_8);
      int start = out.size();
      out.write(
          buffer(30)
              .putInt(0x04034b50)
              .putShort((short) 20)
              .putShort((short) entry.flags())
              .putShort((short) entry.method())
              .putInt(0)
              .putInt((int) crc.getValue())
              .putInt(entry.content().length)
              .putInt((int) entry.claimed())
              .putShort((short) name.length)
              .putShort((short) 0)
              .array());
      out.write(name);
      out.write(entry.content());
      table.write(
          buffer(46)
              .putInt(0x02014b50)
              .putShort((short) 45)
              .putShort((short) 45)
              .putShort((short) entry.flags())
              .putShort((short) entry.method())
              .putInt(0)
              .putInt((int) crc.getValue())
              .putInt(zip64 ? -1 : entry.content().length)
              .putInt(zip64 ? -1 : (int) entry.claimed())
              .putShort((short) listed.length)
              .putShort((short) (zip64 ? 28 : 0))
              .putShort((short) 0)
              .putShort((short) 0)
              .putShort((short) 0)
              .putInt(0)
              .putInt(zip64 ? -1 : start)
              .array());
      table.write(listed);
      if (zip64) {
        table.write(
            buffer(28)
                .putShort((short) 1)
                .putShort((short) 24)
                .putLong(entry.claimed())
                .putLong(entry.content().length)
                .putLong(start)
                .array());
      }
    }
    int start = out.size();
    out.write(table.toByteArray());
    int end = out.size();
    if (zip64) {
      out.write(
          buffer(56)
              .putInt(0x06064b50)
              .putLong(44)
              .putShort((short) 45)
              .putShort((short) 45)
              .putInt(0)
              .putInt(0)
              .putLong(entries.size())
              .putLong(entries.size())
              .putLong(end - start)
              .putLong(start)
              .array());
      out.write(buffer(20).putInt(0x07064b50).putInt(0).putLong(end).putInt(1).array());
    }
    out.write(
        buffer(22)
            .putInt(0x06054b50)
            .putInt(0)
            .putShort((short) (zip64 ? -1 : entries.size()))
            .putShort((short) (zip64 ? -1 : entries.size()))
            .putInt(zip64 ? -1 : end - start)
            .putInt(zip64 ? -1 : start)
            .putShort((short) 0)
            .array());
    return out.toByteArray();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
