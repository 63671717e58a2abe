package trainer.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import trainer.run.DamagedException;

/**
 * The table of contents of an untrusted zip file, including zip64. Names are checked against a list
 * and sizes against the file's before any entry is read; entries must not repeat or overlap.
 */
public final class ZipDirectory {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_LOCATOR = 0x07064b50;
  private static final int END_BYTES = 22;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_BYTES = 20;
  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  // Offsets of fields in the records above.
  private static final int END_ENTRIES = 10;
  private static final int END_SIZE = 12;
  private static final int END_OFFSET = 16;
  private static final int END_COMMENT_LENGTH = 20;
  private static final int LOCATOR_END_64 = 8;
  private static final int END_64_ENTRIES = 32;
  private static final int END_64_SIZE = 40;
  private static final int END_64_OFFSET = 48;
  private static final int CENTRAL_FLAGS = 8;
  private static final int CENTRAL_METHOD = 10;
  private static final int CENTRAL_CRC = 16;
  private static final int CENTRAL_STORED = 20;
  private static final int CENTRAL_SIZE = 24;
  private static final int CENTRAL_NAME_LENGTH = 28;
  private static final int CENTRAL_EXTRA_LENGTH = 30;
  private static final int CENTRAL_COMMENT_LENGTH = 32;
  private static final int CENTRAL_OFFSET = 42;
  private static final int LOCAL_NAME_LENGTH = 26;
  private static final int LOCAL_EXTRA_LENGTH = 28;
  private static final int MAXIMUM_COMMENT = 65_535;
  private static final int MAXIMUM_DIRECTORY = 1 << 16;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  // Stored entries do not shrink, and deflated weights keep at least a third of their size.
  private static final long MAXIMUM_EXPANSION = 20;
  private static final long MOST = Long.MAX_VALUE / 64; // bytes that are counted

  private ZipDirectory() {}

  /**
   * An entry.
   *
   * @param start offset of its data in the file
   * @param stored bytes in the file
   * @param bytes uncompressed size
   * @param deflated whether it is compressed
   * @param crc CRC-32 of its bytes
   */
  public record Entry(
      String name, long start, long stored, long bytes, boolean deflated, long crc) {}

  private record End(long entries, long start, long bytes, long limit) {}

  private record Listed(Entry entry, long header) {}

  /**
   * Reads the table.
   *
   * @param allowed names
   * @throws DamagedException if the file is not a valid zip of such entries
   */
  public static Map<String, Entry> read(SeekableByteChannel file, Predicate<String> allowed)
      throws IOException {
    End end = end(file);
    if (end.start() < 0
        || end.bytes() < 0
        || end.start() > end.limit()
        || end.bytes() != end.limit() - end.start()) {
      throw new DamagedException("its table of contents is not where the end of the file says");
    }
    if (end.bytes() > MAXIMUM_DIRECTORY) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its table of contents has %,d bytes, more than allowed in a checkpoint",
              end.bytes()));
    }
    ByteBuffer table = read(file, end.start(), (int) end.bytes());
    List<Listed> listed = new ArrayList<>();
    Set<String> names = new HashSet<>();
    while (table.hasRemaining()) {
      Listed next = next(table);
      String name = next.entry().name();
      if (!allowed.test(name)) {
        throw new DamagedException("it has an entry that no checkpoint has: " + quoted(name));
      }
      if (!names.add(name)) {
        throw new DamagedException("it has the entry " + name + " twice");
      }
      listed.add(next);
    }
    if (listed.size() != end.entries()) {
      throw new DamagedException(
          "it lists %d entries but says it has %d".formatted(listed.size(), end.entries()));
    }
    return located(file, listed, end.start());
  }

  private static End end(SeekableByteChannel file) throws IOException {
    long size = file.size();
    if (size == 0) {
      throw new DamagedException("it is empty");
    }
    int length = (int) Math.min(size, END_BYTES + MAXIMUM_COMMENT);
    ByteBuffer tail = read(file, size - length, length);
    for (int at = length - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END
          && Short.toUnsignedInt(tail.getShort(at + END_COMMENT_LENGTH))
              == length - END_BYTES - at) {
        long position = size - length + at;
        long entries = Short.toUnsignedLong(tail.getShort(at + END_ENTRIES));
        long bytes = Integer.toUnsignedLong(tail.getInt(at + END_SIZE));
        long start = Integer.toUnsignedLong(tail.getInt(at + END_OFFSET));
        boolean large = entries == 0xffff || bytes == 0xffffffffL || start == 0xffffffffL;
        // PyTorch writes the zip64 records of small files, too.
        if (large || hasLocator(file, position)) {
          return end64(file, position);
        }
        return new End(entries, start, bytes, position);
      }
    }
    throw new DamagedException("it is not a whole zip file (its end is missing)");
  }

  private static boolean hasLocator(SeekableByteChannel file, long end) throws IOException {
    return end >= LOCATOR_BYTES
        && read(file, end - LOCATOR_BYTES, LOCATOR_BYTES).getInt(0) == END_64_LOCATOR;
  }

  private static End end64(SeekableByteChannel file, long end) throws IOException {
    ByteBuffer locator = read(file, end - LOCATOR_BYTES, LOCATOR_BYTES);
    if (locator.getInt(0) != END_64_LOCATOR) {
      throw new DamagedException("it is not a whole zip file (its zip64 locator is missing)");
    }
    long position = locator.getLong(LOCATOR_END_64);
    ByteBuffer record = read(file, position, END_64_BYTES);
    if (record.getInt(0) != END_64) {
      throw new DamagedException("it is not a whole zip file (its zip64 end is missing)");
    }
    return new End(
        record.getLong(END_64_ENTRIES),
        record.getLong(END_64_OFFSET),
        record.getLong(END_64_SIZE),
        position);
  }

  private static Listed next(ByteBuffer table) throws DamagedException {
    int at = table.position();
    if (table.remaining() < CENTRAL_BYTES || table.getInt(at) != CENTRAL) {
      throw new DamagedException("its table of contents is damaged");
    }
    int flags = table.getShort(at + CENTRAL_FLAGS);
    int method = table.getShort(at + CENTRAL_METHOD);
    long crc = Integer.toUnsignedLong(table.getInt(at + CENTRAL_CRC));
    long stored = Integer.toUnsignedLong(table.getInt(at + CENTRAL_STORED));
    long bytes = Integer.toUnsignedLong(table.getInt(at + CENTRAL_SIZE));
    int nameBytes = Short.toUnsignedInt(table.getShort(at + CENTRAL_NAME_LENGTH));
    int extraBytes = Short.toUnsignedInt(table.getShort(at + CENTRAL_EXTRA_LENGTH));
    int commentBytes = Short.toUnsignedInt(table.getShort(at + CENTRAL_COMMENT_LENGTH));
    long header = Integer.toUnsignedLong(table.getInt(at + CENTRAL_OFFSET));
    if (table.remaining() < CENTRAL_BYTES + nameBytes + extraBytes + commentBytes) {
      throw new DamagedException("its table of contents is damaged");
    }
    byte[] name = new byte[nameBytes];
    table.get(at + CENTRAL_BYTES, name);
    String text = new String(name, StandardCharsets.UTF_8);
    if ((flags & 1) != 0) {
      throw new DamagedException("its entry " + quoted(text) + " is encrypted");
    }
    if (method != STORED && method != DEFLATED) {
      throw new DamagedException(
          "its entry %s is compressed by method %d, which is not supported"
              .formatted(quoted(text), method));
    }
    int extra = at + CENTRAL_BYTES + nameBytes;
    int extraEnd = extra + extraBytes;
    while (extra + 4 <= extraEnd) {
      int identifier = Short.toUnsignedInt(table.getShort(extra));
      int next = extra + 4 + Short.toUnsignedInt(table.getShort(extra + 2));
      if (next > extraEnd) {
        throw new DamagedException("its table of contents is damaged");
      }
      if (identifier == 1) {
        ByteBuffer wide = table.slice(extra + 4, next - extra - 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes = wide(wide, bytes);
        stored = wide(wide, stored);
        header = wide(wide, header);
      }
      extra = next;
    }
    table.position(extraEnd + commentBytes);
    return new Listed(new Entry(text, -1, stored, bytes, method == DEFLATED, crc), header);
  }

  // The zip64 extension has only the values that exceed 32 bits, in this order.
  private static long wide(ByteBuffer extension, long value) throws DamagedException {
    if (value != 0xffffffffL) {
      return value;
    }
    if (extension.remaining() < Long.BYTES) {
      throw new DamagedException("its table of contents is damaged");
    }
    return extension.getLong();
  }

  private static Map<String, Entry> located(
      SeekableByteChannel file, List<Listed> listed, long limit) throws IOException {
    Map<String, Entry> entries = new TreeMap<>();
    listed.sort(Comparator.comparingLong(Listed::header));
    long free = 0;
    long total = 0;
    for (Listed next : listed) {
      Entry entry = next.entry();
      if (next.header() < free || next.header() > limit - LOCAL_BYTES) {
        throw new DamagedException("its entry " + entry.name() + " is outside of the data");
      }
      ByteBuffer header = read(file, next.header(), LOCAL_BYTES);
      int nameBytes = Short.toUnsignedInt(header.getShort(LOCAL_NAME_LENGTH));
      int extraBytes = Short.toUnsignedInt(header.getShort(LOCAL_EXTRA_LENGTH));
      long start = next.header() + LOCAL_BYTES + nameBytes + extraBytes;
      if (header.getInt(0) != LOCAL
          || entry.bytes() < 0
          || entry.stored() < 0
          || start > limit
          || entry.stored() > limit - start
          || (!entry.deflated() && entry.stored() != entry.bytes())) {
        throw new DamagedException("its entry " + entry.name() + " is outside of the data");
      }
      String name =
          StandardCharsets.UTF_8
              .decode(read(file, next.header() + LOCAL_BYTES, nameBytes))
              .toString();
      if (!name.equals(entry.name())) {
        throw new DamagedException(
            "its entry %s is called %s in the data".formatted(entry.name(), quoted(name)));
      }
      free = start + entry.stored();
      // At most this: the sum of many claims would overflow.
      total = Math.min(total + Math.min(entry.bytes(), MOST), MOST);
      entries.put(
          name,
          new Entry(name, start, entry.stored(), entry.bytes(), entry.deflated(), entry.crc()));
    }
    if (total > MAXIMUM_EXPANSION * file.size()) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its %,d bytes would unpack to %,d, more than a checkpoint can have",
              file.size(),
              total));
    }
    return entries;
  }

  private static ByteBuffer read(SeekableByteChannel file, long position, int length)
      throws IOException {
    if (position < 0 || position > file.size() - length) {
      throw new DamagedException("it is not a whole zip file");
    }
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    file.position(position);
    while (buffer.hasRemaining()) {
      if (file.read(buffer) < 0) {
        throw new DamagedException("it became shorter while it was read");
      }
    }
    return buffer.flip();
  }

  /** A name from the file, without control characters. */
  private static String quoted(String name) {
    String shown =
        name.codePoints()
            .limit(80)
            .collect(
                StringBuilder::new,
                (text, character) ->
                    text.appendCodePoint(Character.isISOControl(character) ? '?' : character),
                StringBuilder::append)
            .toString();
    return "'" + shown + (name.length() > shown.length() ? "…" : "") + "'";
  }
}
