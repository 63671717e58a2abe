package trainer.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Header of an encoded text. Layout, little-endian:
 *
 * <pre>
 *   0  8 bytes  "chartext"
 *   8  int      version
 *  12  int      width: bytes per character, 1, 2 or 4
 *  16  long     length: characters
 *  24  long     unknown: characters outside the vocabulary
 *  32  long     bytes of the source
 *  40  int      vocabulary size
 *  44  int      CRC-32C of vocabulary and characters
 *  48  32 bytes SHA-256 of the source
 *  80  32 bytes key: SHA-256 of everything that determines the encoding
 * 112  int each vocabulary, code points in index order
 *      padded with zero to a multiple of 8, then the characters, as indices; one outside the
 *      vocabulary is the vocabulary size
 * </pre>
 *
 * <p>Version 1 wrote unknown characters as their replacement, so it is read only if it has none.
 *
 * @param length characters
 * @param unknown characters of the source outside the vocabulary
 * @param sourceBytes bytes of all source files
 * @param checksum CRC-32C of vocabulary and characters
 * @param sha256 of the source, hexadecimal
 * @param key SHA-256 of source, options and kept vocabulary, hexadecimal
 */
record EncodedHeader(
    int width,
    long length,
    long unknown,
    long sourceBytes,
    int vocabularySize,
    int checksum,
    String sha256,
    String key) {
  static final int SIZE = 112;
  static final int VERSION = 2;
  private static final byte[] MAGIC = "chartext".getBytes(StandardCharsets.US_ASCII);

  /** Bytes per character for a vocabulary of this size and one index more. */
  static int width(int vocabularySize) {
    return vocabularySize < 1 << 8 ? 1 : vocabularySize < 1 << 16 ? 2 : 4;
  }

  /** Offset of the characters in the file. */
  long textOffset() {
    return textOffset(vocabularySize);
  }

  static long textOffset(int vocabularySize) {
    return (SIZE + 4L * vocabularySize + 7) & -8L;
  }

  /** File size in bytes. */
  long fileSize() {
    return textOffset() + length * width;
  }

  ByteBuffer toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(MAGIC).putInt(VERSION).putInt(width).putLong(length).putLong(unknown);
    bytes.putLong(sourceBytes).putInt(vocabularySize).putInt(checksum);
    bytes.put(HexFormat.of().parseHex(sha256)).put(HexFormat.of().parseHex(key));
    return bytes.flip();
  }

  /** Parses a header; null if the bytes are not one of this version. */
  static EncodedHeader parse(ByteBuffer bytes) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < SIZE) {
      return null;
    }
    byte[] magic = new byte[MAGIC.length];
    bytes.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      return null;
    }
    int version = bytes.getInt();
    int width = bytes.getInt();
    long length = bytes.getLong();
    long unknown = bytes.getLong();
    long sourceBytes = bytes.getLong();
    int vocabularySize = bytes.getInt();
    int checksum = bytes.getInt();
    byte[] sha256 = new byte[32];
    byte[] key = new byte[32];
    bytes.get(sha256).get(key);
    boolean sensible =
        (version == VERSION || (version == 1 && unknown == 0))
            && length > 0
            && vocabularySize > 0
            && vocabularySize <= Character.MAX_CODE_POINT + 1
            && width == width(version == 1 ? vocabularySize - 1 : vocabularySize)
            && length <= (Long.MAX_VALUE - textOffset(vocabularySize)) / width;
    return sensible
        ? new EncodedHeader(
            width,
            length,
            unknown,
            sourceBytes,
            vocabularySize,
            checksum,
            HexFormat.of().formatHex(sha256),
            HexFormat.of().formatHex(key))
        : null;
  }
}
