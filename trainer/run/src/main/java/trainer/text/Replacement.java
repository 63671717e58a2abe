package trainer.text;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a character outside the vocabulary is read as: U+FFFD REPLACEMENT CHARACTER if the
 * vocabulary has it, else the question mark, else the space. A new vocabulary under {@code
 * data.unknown: replace} includes U+FFFD, for later texts with new characters. A text that is only
 * measured is also read without any of these: as the first character of the vocabulary.
 */
final class Replacement {
  static final int CHARACTER = 0xFFFD;
  private static final int[] CANDIDATES = {CHARACTER, '?', ' '};

  private Replacement() {}

  /** The index of the replacement, or -1 if the vocabulary has none. */
  static int index(Vocabulary vocabulary) {
    return IntStream.of(CANDIDATES)
        .map(vocabulary::index)
        .filter(i -> i >= 0)
        .findFirst()
        .orElse(-1);
  }

  static String description() {
    return IntStream.of(CANDIDATES)
        .mapToObj(CharacterNames::describe)
        .collect(Collectors.joining(" nor "));
  }
}
