package trainer.text;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Any text is a vocabulary that survives writing and reading, or an error. */
public final class VocabularyFuzz {
  private VocabularyFuzz() {}

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
