package trainer.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import trainer.file.Watch;

/**
 * A text as indices into a vocabulary: a memory-mapped file of 1, 2 or 4 bytes per character, none
 * of it on the heap. Thread-safe. While in use, the file may be deleted or replaced but not
 * modified in place; the garbage collector unmaps it.
 */
public final class EncodedText {
  /** Bytes per mapping: a buffer holds at most 2³¹ - 1, and no character may straddle two. */
  private static final int MAPPING_BITS = 30;

  private final EncodedHeader header;
  private final Vocabulary vocabulary;
  private final ByteBuffer[] mappings;
  private final int mappingBits; // log2 of the characters per mapping
  private final TextOrder order; // null: that of the file
  private final int replacement; // what an unknown character is read as

  private EncodedText(
      EncodedHeader header,
      Vocabulary vocabulary,
      ByteBuffer[] mappings,
      int mappingBits,
      TextOrder order) {
    this.header = header;
    this.vocabulary = vocabulary;
    this.mappings = mappings;
    this.mappingBits = mappingBits;
    this.order = order;
    this.replacement = Math.max(0, Replacement.index(vocabulary));
  }

  /**
   * Maps an encoded text.
   *
   * @return null if the file is not a complete encoded text of this version
   */
  static EncodedText map(Path file) throws IOException {
    return map(file, MAPPING_BITS);
  }

  static EncodedText map(Path file, int mappingByteBits) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return map(channel, mappingByteBits);
    }
  }

  /** Maps an encoded text, which stays when the channel is closed. */
  static EncodedText map(FileChannel channel) throws IOException {
    return map(channel, MAPPING_BITS);
  }

  private static EncodedText map(FileChannel channel, int mappingByteBits) throws IOException {
    EncodedHeader header = readHeader(channel);
    if (header == null || channel.size() != header.fileSize()) {
      return null;
    }
    Vocabulary vocabulary = readVocabulary(channel, header.vocabularySize());
    if (vocabulary == null) {
      return null;
    }
    long bytes = header.length() * header.width();
    long perMapping = 1L << mappingByteBits;
    ByteBuffer[] mappings =
        new ByteBuffer[Math.toIntExact((bytes + perMapping - 1) >> mappingByteBits)];
    for (int i = 0; i < mappings.length; i++) {
      long from = i * perMapping;
      mappings[i] =
          channel
              .map(
                  MapMode.READ_ONLY, header.textOffset() + from, Math.min(perMapping, bytes - from))
              .order(ByteOrder.LITTLE_ENDIAN);
    }
    int widthBits = Integer.numberOfTrailingZeros(header.width());
    return new EncodedText(header, vocabulary, mappings, mappingByteBits - widthBits, null);
  }

  /** This text, which is in the order of the file, in another one. */
  EncodedText in(TextOrder other) {
    return new EncodedText(header, vocabulary, mappings, mappingBits, other);
  }

  /** The header of a file, or null if it has none. */
  static EncodedHeader readHeader(FileChannel channel) throws IOException {
    return EncodedHeader.parse(read(channel, 0, EncodedHeader.SIZE));
  }

  /** The vocabulary in a file, or null if it is damaged. */
  private static Vocabulary readVocabulary(FileChannel channel, int size) throws IOException {
    ByteBuffer bytes = read(channel, EncodedHeader.SIZE, 4 * size).order(ByteOrder.LITTLE_ENDIAN);
    int[] codePoints = new int[size];
    bytes.asIntBuffer().get(codePoints);
    try {
      return Vocabulary.of(codePoints);
    } catch (TextException e) {
      return null;
    }
  }

  private static ByteBuffer read(FileChannel channel, long position, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size);
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {}
    return bytes.flip();
  }

  /** Verifies the checksum, every index, and the number of unknown characters. */
  boolean isIntact(Watch watch) {
    CRC32C checksum = new CRC32C();
    checksum.update(EncodedTextWriter.vocabularyBytes(vocabulary));
    long position = 0;
    long unknown = 0;
    for (ByteBuffer mapping : mappings) {
      for (int from = 0; from < mapping.capacity(); from += 1 << 20) {
        int size = Math.min(1 << 20, mapping.capacity() - from);
        checksum.update(mapping.slice(from, size));
        for (long end = position + size / header.width(); position < end; position++) {
          int index = stored(position);
          if (index < 0 || index > vocabulary.size()) {
            return false;
          }
          unknown += index == vocabulary.size() ? 1 : 0;
        }
        watch.advance(0);
      }
    }
    return (int) checksum.getValue() == header.checksum() && unknown == header.unknown();
  }

  EncodedHeader header() {
    return header;
  }

  /** The vocabulary that the indices refer to. */
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /** Number of characters. */
  public long length() {
    return header.length();
  }

  /** Bytes per character in the file: 1, 2 or 4. */
  public int width() {
    return header.width();
  }

  /**
   * The index of the character at a position from 0 to {@link #length} - 1; that of its replacement
   * if it is unknown.
   */
  public int at(long position) {
    int index = stored(position);
    return index == vocabulary.size() ? replacement : index;
  }

  /** Whether the character at a position is outside the vocabulary. */
  boolean isUnknown(long position) {
    return stored(position) == vocabulary.size();
  }

  private int stored(long position) {
    long source = order == null ? position : order.source(position);
    ByteBuffer mapping = mappings[(int) (source >>> mappingBits)];
    int inMapping = (int) (source & ((1L << mappingBits) - 1));
    return switch (header.width()) {
      case 1 -> mapping.get(inMapping) & 0xFF;
      case 2 -> mapping.getShort(2 * inMapping) & 0xFFFF;
      default -> mapping.getInt(4 * inMapping);
    };
  }

  /**
   * Reads consecutive characters into every {@code stride}-th element: {@code into[offset + i *
   * stride]} is the character at {@code from + i}.
   */
  public void read(long from, int count, int[] into, int offset, int stride) {
    int target = offset;
    for (long position = from; position < from + count; position++) {
      into[target] = at(position);
      target += stride;
    }
  }

  /** {@link #read} for targets: one outside the vocabulary is {@link Segment#NOT_SCORED}. */
  void readTargets(long from, int count, int[] into, int offset, int stride) {
    for (int i = 0; i < count; i++) {
      int index = stored(from + i);
      into[offset + i * stride] = index == vocabulary.size() ? Segment.NOT_SCORED : index;
    }
  }

  /** Characters outside the vocabulary in a range. */
  long unknown(long from, long to) {
    return header.unknown() == 0 ? 0 : LongStream.range(from, to).filter(this::isUnknown).count();
  }

  /** Writes all characters; one outside the vocabulary is -1. */
  void copyTo(CodePointSink sink, Watch watch) {
    int[] block = new int[1 << 14];
    for (long from = 0; from < length(); from += block.length) {
      int count = (int) Math.min(block.length, length() - from);
      readTargets(from, count, block, 0, 1);
      for (int i = 0; i < count; i++) {
        block[i] = block[i] < 0 ? -1 : vocabulary.codePoint(block[i]);
      }
      sink.accept(block, count);
      watch.advance(count);
    }
  }

  /** The characters of a range as text. */
  public String text(long from, int count) {
    int[] indices = new int[count];
    read(from, count, indices, 0, 1);
    return vocabulary.decode(indices);
  }
}
