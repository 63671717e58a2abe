package trainer.text;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Decodes the UTF-8 bytes of one file as they come. Malformed input (RFC 3629: overlong forms,
 * surrogates, values above U+10FFFF, sequences cut short) is an error that names the byte. A byte
 * order mark (EF BB BF) at the start of the file is dropped; U+FEFF anywhere else is a character.
 */
public final class Utf8Decoder {
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withPrefix("0x").withUpperCase();
  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private final String file;
  private final CodePointSink sink;
  private final int[] block = new int[8192];
  private int blockSize;

  private final byte[] sequence = new byte[4]; // bytes of the character that is not complete yet
  private int sequenceSize;
  private int sequenceLength;
  private int codePoint;
  private long offset; // of the next byte in the file
  private boolean first = true;

  /** Decodes a file that messages call by this name. */
  public Utf8Decoder(String file, CodePointSink sink) {
    this.file = file;
    this.sink = sink;
  }

  public void accept(byte[] bytes, int count) {
    int i = 0;
    while (i < count) {
      if (sequenceSize > 0) {
        next(bytes[i++]);
        continue;
      }
      // Plain ASCII in one tight loop.
      int end = Math.min(count, i + block.length - blockSize);
      int start = i;
      while (i < end && bytes[i] >= 0) {
        block[blockSize++] = bytes[i++];
      }
      offset += i - start;
      first &= i == start;
      if (blockSize == block.length) {
        flush();
      } else if (i < count) {
        lead(bytes[i++]);
      }
    }
  }

  /** The file ends here. */
  public void finish() {
    if (sequenceSize > 0) {
      offset--;
      throw malformed("the file ends in the middle of a character");
    }
    flush();
  }

  private void lead(byte value) {
    int lead = value & 0xFF;
    sequence[0] = value;
    sequenceSize = 1;
    if (lead >= 0xC2 && lead <= 0xDF) {
      sequenceLength = 2;
      codePoint = lead & 0x1F;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      sequenceLength = 3;
      codePoint = lead & 0x0F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      sequenceLength = 4;
      codePoint = lead & 0x07;
    } else {
      throw malformed("no character starts with this byte");
    }
    offset++;
  }

  private void next(byte value) {
    sequence[sequenceSize++] = value;
    if ((value & 0xC0) != 0x80) {
      throw malformed("the last of these bytes cannot follow");
    }
    offset++;
    codePoint = (codePoint << 6) | (value & 0x3F);
    if (sequenceSize < sequenceLength) {
      return;
    }
    if (codePoint < (sequenceLength == 3 ? 0x800 : sequenceLength == 4 ? 0x10000 : 0x80)) {
      offset--;
      throw malformed("a longer form than the character needs");
    }
    if (!Vocabulary.isCharacter(codePoint)) {
      offset--;
      throw malformed(
          codePoint > Character.MAX_CODE_POINT
              ? "beyond U+10FFFF, the last character"
              : "%s is half of a UTF-16 pair, not a character"
                  .formatted(CharacterNames.notation(codePoint)));
    }
    sequenceSize = 0;
    if (first && codePoint == BYTE_ORDER_MARK) {
      first = false;
      return;
    }
    first = false;
    block[blockSize++] = codePoint;
    if (blockSize == block.length) {
      flush();
    }
  }

  private void flush() {
    if (blockSize > 0) {
      sink.accept(block, blockSize);
      blockSize = 0;
    }
  }

  private TextException malformed(String why) {
    byte[] bytes = Arrays.copyOf(sequence, sequenceSize);
    long start = offset - Math.max(0, sequenceSize - 1);
    return new TextException(
        "%s: byte %d: not UTF-8: %s: %s; %s"
            .formatted(file, start, HEX.formatHex(bytes), why, advice(bytes, start)));
  }

  private String advice(byte[] bytes, long start) {
    int lead = bytes[0] & 0xFF;
    boolean utf16 = start == 0 && (lead == 0xFE || lead == 0xFF);
    String encoding = utf16 ? "UTF-16" : "WINDOWS-1252";
    return "%sconvert it, for example: iconv -f %s -t UTF-8 '%s' > converted.txt"
        .formatted(utf16 ? "it looks like UTF-16; " : "", encoding, file);
  }
}
