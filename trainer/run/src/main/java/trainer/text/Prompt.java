package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.text.Normalizer;
import java.util.Locale;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;

/** The text that a sample continues, as a person gives it. */
public final class Prompt {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private Prompt() {}

  /**
   * Applies the corpus's newlines and normalization, and drops a byte order mark at the start.
   *
   * @param text null: none
   * @param data of the network's training
   * @return null if the text is
   */
  public static String of(String text, Data data) {
    if (text == null) {
      return null;
    }
    String unmarked = text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    String lines =
        data.newlines() == Newlines.LF
            ? unmarked.replace("\r\n", "\n").replace('\r', '\n')
            : unmarked;
    return data.normalize() == Normalization.NFC
        ? Normalizer.normalize(lines, Normalizer.Form.NFC)
        : lines;
  }

  /**
   * Decodes a file's bytes, then as {@link #of(String, Data)}. What begins with the mark of UTF-8
   * is UTF-8.
   *
   * @param encoding null: that of the corpus; a file of another kind is then refused by its content
   * @throws TextException if they are no text in the encoding
   */
  public static String of(byte[] bytes, Charset encoding, Data data) {
    Charset chosen = encoding == null ? data.encoding() : encoding;
    Charset read = TextDecoder.isMarkedUtf8(bytes, bytes.length) ? UTF_8 : chosen;
    if (encoding == null) {
      checkKind(bytes, read);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(2 * bytes.length + 1);
    CharsetDecoder decoder = read.newDecoder(); // reports malformed input
    if (decoder.decode(in, out, true).isError()) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "byte %,d: not %s: 0x%02X: add --encoding NAME with its encoding, such as windows-1252",
              in.position(),
              read,
              in.get(in.position())));
    }
    decoder.flush(out);
    return of(out.flip().toString(), data);
  }

  private static void checkKind(byte[] bytes, Charset read) {
    FileKind kind = FileKind.of(bytes, Math.min(bytes.length, FileKind.HEAD_BYTES), read);
    Utf8Evidence utf8 = new Utf8Evidence();
    utf8.accept(bytes, bytes.length);
    if (kind == null && !read.equals(UTF_8) && utf8.characters() > 0) {
      kind = FileKind.utf8(read);
    }
    if (kind != null && kind.encoding() == null) {
      throw new TextException(kind.name() + ", not a text");
    }
    if (kind != null && !kind.isReadIn(read)) {
      throw new TextException("%s: add --encoding %s".formatted(kind.name(), kind.encoding()));
    }
  }

  /**
   * Whether a text has {@code \n} as two characters, perhaps meant as a newline, and the vocabulary
   * has both a backslash and a newline, so that nothing else would tell.
   */
  public static boolean isAmbiguous(String text, Vocabulary vocabulary) {
    return text.contains("\\n") && vocabulary.contains('\\') && vocabulary.contains('\n');
  }
}
