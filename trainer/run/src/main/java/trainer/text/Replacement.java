package trainer.text;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What stands for a character outside the vocabulary where {@code data.unknown} is {@code replace}:
 * U+FFFD REPLACEMENT CHARACTER if the vocabulary has it, else the question mark, else the space. A
 * new vocabulary made under {@code replace} is given U+FFFD, so that networks trained on later
 * texts with this vocabulary have a place for what is new in them.
 */
final class Replacement {
  static final int CHARACTER = 0xFFFD;
  private static final int[] CANDIDATES = {CHARACTER, '?', ' '};

  private Replacement() {}

  /** The index of the character that stands for the unknown ones, or -1. */
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
