package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;

/**
 * A corpus of any bytes equals the result of Java's own decoder, or is refused if that refuses it.
 * The first byte selects newlines and normalization, the rest is the file.
 */
public final class CorpusFuzz {
  private static final Path FOLDER = FuzzFolder.of("corpus.txt", "corpus.bin");
  private static final char BYTE_ORDER_MARK = '\ufeff';

  private CorpusFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    Newlines newlines = (input[0] & 1) == 0 ? Newlines.LF : Newlines.KEEP;
    Normalization normalization = (input[0] & 2) == 0 ? Normalization.NONE : Normalization.NFC;
    Path file = FOLDER.resolve("corpus.txt");
    Path encoded = FOLDER.resolve("corpus.bin");
    byte[] bytes = new byte[input.length - 1];
    System.arraycopy(input, 1, bytes, 0, bytes.length);
    Files.write(file, bytes);
    Files.deleteIfExists(encoded);
    Data data = Texts.data(normalization, newlines, null, UnknownCharacters.ERROR, file);
    String expected = expected(bytes, newlines, normalization);
    String found;
    try {
      Corpus corpus = Corpus.open(data, encoded);
      found = corpus.text().text(0, (int) corpus.length());
    } catch (TextException e) {
      found = null;
    }
    if (expected == null ? found != null : !expected.equals(found)) {
      throw new AssertionError("expected %s, found %s".formatted(expected, found));
    }
  }

  /** Null if the text has fewer than two distinct characters. */
  private static String expected(byte[] bytes, Newlines newlines, Normalization normalization) {
    String text;
    try {
      text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
    if (!text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
      text = text.substring(1);
    }
    if (newlines == Newlines.LF) {
      text = text.replace("\r\n", "\n").replace('\r', '\n');
    }
    if (normalization == Normalization.NFC) {
      text = Normalizer.normalize(text, Normalizer.Form.NFC);
    }
    return text.codePoints().distinct().count() < 2 ? null : text;
  }
}
