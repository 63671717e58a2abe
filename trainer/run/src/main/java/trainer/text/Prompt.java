package trainer.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
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
   * Applies the corpus's newlines and normalization.
   *
   * @param text null: none
   * @param data of the network's training
   * @return null if the text is
   */
  public static String of(String text, Data data) {
    if (text == null) {
      return null;
    }
    String lines =
        data.newlines() == Newlines.LF ? text.replace("\r\n", "\n").replace('\r', '\n') : text;
    return data.normalize() == Normalization.NFC
        ? Normalizer.normalize(lines, Normalizer.Form.NFC)
        : lines;
  }

  /**
   * Decodes UTF-8, without a byte order mark, then as {@link #of}.
   *
   * @throws TextException if they are not UTF-8
   */
  public static String of(byte[] bytes, Data data) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder(); // reports malformed input
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new TextException(
          String.format(
              Locale.ROOT,
              "byte %,d: not UTF-8: 0x%02X; convert it with iconv -f ENCODING -t UTF-8",
              in.position(),
              in.get(in.position())));
    }
    String text = out.flip().toString();
    return of(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text, data);
  }

  /**
   * Whether a text has {@code \n} as two characters, perhaps meant as a newline, and the vocabulary
   * has both a backslash and a newline, so that nothing else would tell.
   */
  public static boolean isAmbiguous(String text, Vocabulary vocabulary) {
    return text.contains("\\n") && vocabulary.contains('\\') && vocabulary.contains('\n');
  }
}
