package trainer.text;

import java.util.function.Consumer;

/**
 * What a run knows of its text before it is read.
 *
 * @param vocabulary to encode it in, unless the configuration names one; null: all characters of
 *     the text
 * @param extend whether characters outside the vocabulary are added behind it, by code point
 * @param check receives the SHA-256 of the files, hexadecimal, before anything is written; may
 *     throw
 */
public record ExpectedText(Vocabulary vocabulary, boolean extend, Consumer<String> check) {

  /** Nothing is known: any text will do. */
  public static ExpectedText any() {
    return new ExpectedText(null, false, sha256 -> {});
  }

  ExpectedText orElse(Vocabulary given) {
    return given == null ? this : new ExpectedText(given, false, check);
  }
}
