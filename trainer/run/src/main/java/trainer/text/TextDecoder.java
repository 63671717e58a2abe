package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.Arrays;
import java.util.HexFormat;
import trainer.file.ShellWord;

/**
 * Decodes the bytes of one file, block by block. A file of another kind than text, malformed bytes
 * and U+0000 are errors that say where; so is a text in UTF-8 where another encoding is chosen. A
 * byte order mark at the start of the file is dropped; U+FEFF elsewhere is a character. A file that
 * begins with the mark of UTF-8 (EF BB BF) is UTF-8.
 */
public final class TextDecoder {
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withPrefix("0x").withUpperCase();
  private static final byte[] UTF_8_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final char BYTE_ORDER_MARK = 0xFEFF;
  private static final int BLOCK = 8192;

  /** Characters outside ASCII in valid UTF-8 that are no accident in another encoding. */
  private static final int CERTAIN = 10;

  private final String file;
  private final Charset encoding;
  private final CodePointSink sink;
  private final ByteBuffer in = ByteBuffer.allocate(BLOCK); // starts with an incomplete character
  private final CharBuffer out = CharBuffer.allocate(BLOCK);
  private final int[] block = new int[BLOCK];
  private CharsetDecoder decoder; // reports what is malformed; null before the first block
  private long offset; // of the buffer's start in the file
  private long line = 1;
  private boolean first = true;
  private boolean beyondAscii; // a character so far
  private final Utf8Evidence utf8 = new Utf8Evidence();

  /** Decodes a file that messages call by this name. */
  public TextDecoder(String file, Charset encoding, CodePointSink sink) {
    this.file = file;
    this.encoding = encoding;
    this.sink = sink;
  }

  public void accept(byte[] bytes, int count) {
    if (!encoding.equals(UTF_8)) {
      utf8.accept(bytes, count);
    }
    for (int from = 0; from < count; ) {
      int size = Math.min(count - from, in.remaining());
      in.put(bytes, from, size);
      from += size;
      if (!in.hasRemaining()) {
        decode(false);
      }
    }
  }

  /** Ends the file. */
  public void finish() {
    decode(true);
    if (utf8.characters() >= CERTAIN && !decoder.charset().equals(UTF_8)) {
      throw new TextException(FileKind.utf8(encoding).refusal(file, encoding));
    }
  }

  private void decode(boolean end) {
    in.flip();
    if (decoder == null) {
      decoder = decoder(file, in.array(), in.limit(), encoding);
    }
    CoderResult result = decoder.decode(in, out, end);
    while (result.isOverflow()) {
      flush();
      result = decoder.decode(in, out, end);
    }
    while (end && !result.isError() && decoder.flush(out).isOverflow()) {
      flush();
    }
    flush();
    if (result.isError()) {
      throw malformed(in.position(), result.length());
    }
    offset += in.position();
    in.compact();
  }

  /**
   * Checks that a file is a text, by its first bytes.
   *
   * @throws TextException if it is of another kind
   */
  static void check(String file, byte[] head, int length, Charset encoding) {
    decoder(file, head, length, encoding);
  }

  static boolean isMarkedUtf8(byte[] head, int length) {
    return length >= UTF_8_MARK.length
        && Arrays.equals(head, 0, UTF_8_MARK.length, UTF_8_MARK, 0, UTF_8_MARK.length);
  }

  private static CharsetDecoder decoder(String file, byte[] head, int length, Charset encoding) {
    Charset charset = isMarkedUtf8(head, length) ? UTF_8 : encoding;
    FileKind kind = FileKind.of(head, Math.min(length, FileKind.HEAD_BYTES), charset);
    String refusal = kind == null ? null : kind.refusal(file, charset);
    if (refusal != null) {
      throw new TextException(refusal);
    }
    return charset.newDecoder();
  }

  private void flush() {
    char[] chars = out.array();
    int i = first && out.position() > 0 && chars[0] == BYTE_ORDER_MARK ? 1 : 0;
    int size = 0;
    for (; i < out.position(); i++) {
      char c = chars[i];
      if (c <= '\n') {
        control(c);
      }
      beyondAscii |= c > 0x7F;
      // The decoder never splits a pair.
      block[size++] = Character.isHighSurrogate(c) ? Character.toCodePoint(c, chars[++i]) : c;
    }
    first &= out.position() == 0;
    out.clear();
    if (size > 0) {
      sink.accept(block, size);
    }
  }

  private void control(char c) {
    if (c == 0) {
      throw new TextException(
          "%1$s:%2$d: U+0000 (NULL), which no text has; if the rest is text, remove it: tr -d '\\000' < %3$s > %4$s"
              .formatted(
                  ShellWord.shown(file),
                  line,
                  ShellWord.of(file),
                  ShellWord.of(FileKind.newText(file))));
    }
    line += c == '\n' ? 1 : 0;
  }

  private TextException malformed(int start, int length) {
    String bytes = HEX.formatHex(Arrays.copyOfRange(in.array(), start, start + length));
    return new TextException(
        "%s:%d: byte %d: not %s: %s; %s"
            .formatted(
                ShellWord.shown(file), line, offset + start, decoder.charset(), bytes, way()));
  }

  /** What to do about malformed bytes. */
  private String way() {
    String name = ShellWord.of(file);
    String text = ShellWord.of(FileKind.newText(file));
    if (FileKind.isWide(encoding) || (decoder.charset().equals(UTF_8) && beyondAscii)) {
      return "the text before it is, so the file is damaged here, or has a part in another encoding:"
          + " correct it, or leave out what is malformed: iconv -c -f %1$s -t UTF-8 %2$s > %3$s"
              .formatted(decoder.charset(), name, text);
    }
    return "set data.encoding (evaluate: --encoding) to the encoding of the text: often windows-1252"
        + " in western Europe, windows-1251 or KOI8-R for Cyrillic, GB18030 for Chinese, Shift_JIS or"
        + " EUC-JP for Japanese, EUC-KR for Korean. This shows the line in each: for e in"
        + " windows-1252 windows-1251 KOI8-R GB18030 Shift_JIS EUC-JP EUC-KR; do echo $e; sed -n"
        + " %dp %s | iconv -f $e -t UTF-8 | head -c 300; echo; done".formatted(line, name);
  }
}
