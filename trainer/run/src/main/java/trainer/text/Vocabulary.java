package trainer.text;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The characters that a network knows, Unicode code points, each with its index from 0. Index order
 * is code-point order in a vocabulary made from a text, and that of the file in one read from
 * {@code vocabulary.json}. Immutable.
 */
public final class Vocabulary {
  private static final int PAGE = 256;
  private static final int PAGES = (Character.MAX_CODE_POINT + 1) / PAGE;
  private static final int[] NO_CHARACTERS = new int[PAGE];

  static {
    Arrays.fill(NO_CHARACTERS, -1);
  }

  private final int[] codePoints; // in index order
  private final int[][] pages; // [code point / PAGE][code point % PAGE]: index, or -1

  private Vocabulary(int[] codePoints) {
    this.codePoints = codePoints;
    this.pages = new int[PAGES][];
    Arrays.fill(pages, NO_CHARACTERS);
    for (int index = 0; index < codePoints.length; index++) {
      add(codePoints[index], index);
    }
  }

  private void add(int codePoint, int index) {
    if (!isCharacter(codePoint)) {
      throw new TextException(
          "vocabulary: index %d: %d is not a Unicode character (0 to 1114111 without surrogates)"
              .formatted(index, codePoint));
    }
    int page = codePoint / PAGE;
    if (pages[page] == NO_CHARACTERS) {
      pages[page] = NO_CHARACTERS.clone();
    }
    int before = pages[page][codePoint % PAGE];
    if (before >= 0) {
      throw new TextException(
          "vocabulary: %s is there twice, at index %d and %d"
              .formatted(CharacterNames.describe(codePoint), before, index));
    }
    pages[page][codePoint % PAGE] = index;
  }

  /** Whether UTF-8 can carry the code point. */
  static boolean isCharacter(int codePoint) {
    return Character.isValidCodePoint(codePoint)
        && (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE);
  }

  /**
   * The vocabulary of these code points, in this order.
   *
   * @throws TextException for none, one twice, or one that is no character
   */
  public static Vocabulary of(int... codePoints) {
    if (codePoints.length == 0) {
      throw new TextException("vocabulary: it has no characters");
    }
    return new Vocabulary(codePoints.clone());
  }

  /** All characters of a text, in code-point order. */
  public static Vocabulary of(String text) {
    return of(text.codePoints().sorted().distinct().toArray());
  }

  /** The set's members, in code-point order. */
  static Vocabulary of(BitSet codePoints) {
    return of(codePoints.stream().toArray());
  }

  /**
   * Reads {@code vocabulary.json}.
   *
   * @param path the file, or a run directory that holds it
   * @throws TextException when there is none, or it is not as {@link #toJson} writes it
   */
  public static Vocabulary read(Path path) {
    return VocabularyFile.read(path);
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @param origin names the source in messages
   */
  public static Vocabulary fromJson(String json, String origin) {
    return VocabularyFile.parse(json, origin);
  }

  /** The contents of {@code vocabulary.json}: one line a character, in index order. */
  public String toJson() {
    return VocabularyFile.write(this);
  }

  /** Number of characters. */
  public int size() {
    return codePoints.length;
  }

  /** The character's index, or -1 when the vocabulary does not have it. */
  public int index(int codePoint) {
    return codePoint < 0 || codePoint > Character.MAX_CODE_POINT
        ? -1
        : pages[codePoint / PAGE][codePoint % PAGE];
  }

  /** Whether the vocabulary has the character. */
  public boolean contains(int codePoint) {
    return index(codePoint) >= 0;
  }

  /** The character with this index. */
  public int codePoint(int index) {
    return codePoints[index];
  }

  /** The characters in index order. */
  public int[] codePoints() {
    return codePoints.clone();
  }

  /** The character with this index, as text. */
  public String character(int index) {
    return Character.toString(codePoints[index]);
  }

  /**
   * The indices of a text's characters.
   *
   * @throws TextException naming the first character that the vocabulary does not have
   */
  public int[] encode(String text) {
    int[] indices = text.codePoints().toArray();
    for (int i = 0; i < indices.length; i++) {
      int codePoint = indices[i];
      indices[i] = index(codePoint);
      if (indices[i] < 0) {
        throw new TextException(
            String.format(
                Locale.ROOT,
                "character %d of the text, %s, is not in the vocabulary of %,d characters: %s",
                i + 1,
                CharacterNames.describe(codePoint),
                size(),
                summary()));
      }
    }
    return indices;
  }

  /** The text of these indices. */
  public String decode(int... indices) {
    StringBuilder text = new StringBuilder(indices.length);
    for (int index : indices) {
      text.appendCodePoint(codePoints[index]);
    }
    return text.toString();
  }

  /** Its visible characters, the first hundred of them. */
  private String summary() {
    int shown = Math.min(size(), 100);
    String characters =
        IntStream.range(0, shown)
            .mapToObj(
                i ->
                    codePoints[i] == '\n'
                        ? "\\n"
                        : Character.isISOControl(codePoints[i])
                            ? CharacterNames.notation(codePoints[i])
                            : character(i))
            .reduce("", String::concat);
    return shown < size() ? characters + "…" : characters;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Vocabulary that && Arrays.equals(codePoints, that.codePoints);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(codePoints);
  }

  @Override
  public String toString() {
    return "Vocabulary[%d: %s]".formatted(size(), summary());
  }
}
