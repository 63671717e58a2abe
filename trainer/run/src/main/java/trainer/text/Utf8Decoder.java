package trainer.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import trainer.file.ShellWord;

/**
 * Decodes the UTF-8 bytes of one file, block by block. Malformed input is an error that names the
 * byte. A byte order mark (EF BB BF) at the start of the file is dropped; U+FEFF elsewhere is a
 * character.
 */
public final class Utf8Decoder {
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withPrefix("0x").withUpperCase();
  private static final char BYTE_ORDER_MARK = 0xFEFF;
  private static final int BLOCK = 8192;

  private final String file;
  private final CodePointSink sink;
  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder(); // reports malformed
  private final ByteBuffer in = ByteBuffer.allocate(BLOCK); // starts with an incomplete character
  private final CharBuffer out = CharBuffer.allocate(BLOCK);
  private final int[] block = new int[BLOCK];
  private long offset; // of the buffer's start in the file
  private boolean first = true;

  /** Decodes a file that messages call by this name. */
  public Utf8Decoder(String file, CodePointSink sink) {
    this.file = file;
    this.sink = sink;
  }

  public void accept(byte[] bytes, int count) {
    for (int from = 0; from < count; ) {
      int size = Math.min(count - from, in.remaining());
      in.put(bytes, from, size);
      from += size;
      decode(false);
    }
  }

  /** Ends the file. */
  public void finish() {
    decode(true);
  }

  private void decode(boolean end) {
    in.flip();
    // A byte gives at most one char, so that nothing overflows.
    CoderResult result = decoder.decode(in, out, end);
    flush();
    if (result.isError()) {
      throw malformed(in.position(), result.length());
    }
    offset += in.position();
    in.compact();
  }

  private void flush() {
    char[] chars = out.array();
    int i = first && out.position() > 0 && chars[0] == BYTE_ORDER_MARK ? 1 : 0;
    int size = 0;
    for (; i < out.position(); i++) {
      char c = chars[i];
      // The decoder never splits a pair.
      block[size++] = Character.isHighSurrogate(c) ? Character.toCodePoint(c, chars[++i]) : c;
    }
    first &= out.position() == 0;
    out.clear();
    if (size > 0) {
      sink.accept(block, size);
    }
  }

  private TextException malformed(int start, int length) {
    byte[] bytes = Arrays.copyOfRange(in.array(), start, start + length);
    int lead = bytes[0] & 0xFF;
    boolean utf16 = offset + start == 0 && (lead == 0xFE || lead == 0xFF);
    return new TextException(
        "%s: byte %d: not UTF-8: %s; %sconvert it, for example: iconv -f %s -t UTF-8 %s > converted.txt"
            .formatted(
                file,
                offset + start,
                HEX.formatHex(bytes),
                utf16 ? "it looks like UTF-16; " : "",
                utf16 ? "UTF-16" : "WINDOWS-1252",
                ShellWord.of(file)));
  }
}
