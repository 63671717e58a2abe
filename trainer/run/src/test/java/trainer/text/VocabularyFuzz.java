package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Any text is a vocabulary.json or an error. What is accepted is written and reads as the same. */
public final class VocabularyFuzz {
  private VocabularyFuzz() {}

  /** One try. */
  public static void fuzzerTestOneInput(byte[] input) {
    Vocabulary vocabulary;
    try {
      vocabulary = Vocabulary.fromJson(new String(input, UTF_8), "vocabulary.json");
    } catch (TextException e) {
      return;
    }
    if (!Vocabulary.fromJson(vocabulary.toJson(), "again").equals(vocabulary)) {
      throw new AssertionError("written, it reads as another: " + vocabulary);
    }
  }
}
