package trainer.text;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The replacement for characters outside the vocabulary under {@code data.unknown: replace}: U+FFFD
 * REPLACEMENT CHARACTER if the vocabulary has it, else the question mark, else the space. A new
 * vocabulary under {@code replace} includes U+FFFD, for later texts with new characters.
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
