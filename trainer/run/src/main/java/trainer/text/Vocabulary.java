package trainer.text;

import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The characters of a network, Unicode code points, each with an index from 0. The order is by code
 * point in a vocabulary built from a text, and as stored in one read from {@code vocabulary.json}.
 * Immutable.
 */
public final class Vocabulary {
  /**
   * The loss of a target outside the vocabulary: a uniform guess among Unicode's 1,112,064
   * characters, 13.92 nats. A model is charged it for each such character of a text that it is
   * measured on, so that losses of models with different vocabularies are comparable.
   */
  public static final double UNKNOWN_NATS = Math.log(1_112_064);

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
          "vocabulary: %s occurs twice, at index %d and %d"
              .formatted(CharacterNames.describe(codePoint), before, index));
    }
    pages[page][codePoint % PAGE] = index;
  }

  /** Whether the code point can be encoded in UTF-8. */
  static boolean isCharacter(int codePoint) {
    return Character.isValidCodePoint(codePoint)
        && (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE);
  }

  /**
   * A vocabulary of code points, in this order.
   *
   * @throws TextException if it is empty, or one is repeated or not a character
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

  /** These characters, and behind them the others of a set, in code-point order. */
  Vocabulary with(BitSet others) {
    IntStream added = others.stream().filter(codePoint -> !contains(codePoint));
    return of(IntStream.concat(Arrays.stream(codePoints), added).toArray());
  }

  /** Whether it is the first characters of another, with the same indices. */
  public boolean begins(Vocabulary other) {
    return size() <= other.size()
        && Arrays.equals(codePoints, 0, size(), other.codePoints, 0, size());
  }

  /** Whether the indices are in code-point order, as in a vocabulary that a text alone decides. */
  public boolean isSorted() {
    return IntStream.range(1, size()).allMatch(i -> codePoints[i - 1] < codePoints[i]);
  }

  static Vocabulary of(BitSet codePoints) {
    return of(codePoints.stream().toArray());
  }

  /**
   * Reads {@code vocabulary.json}.
   *
   * @param path the file, or its run directory
   * @throws TextException if it is missing or malformed
   */
  public static Vocabulary read(Path path) {
    return read(path, Confinement.none());
  }

  /** As above, if the file is where it may be. */
  public static Vocabulary read(Path path, Confinement confinement) {
    return VocabularyFile.read(path, confinement);
  }

  /**
   * Parses the text of {@link #toJson}.
   *
   * @param origin names the source in messages
   */
  public static Vocabulary fromJson(String json, String origin) {
    return VocabularyFile.parse(json, origin);
  }

  /** The contents of {@code vocabulary.json}: one line per character, in index order. */
  public String toJson() {
    return VocabularyFile.write(this);
  }

  /** Number of characters. */
  public int size() {
    return codePoints.length;
  }

  /** The character's index, or -1 if the vocabulary does not have it. */
  public int index(int codePoint) {
    return codePoint < 0 || codePoint > Character.MAX_CODE_POINT
        ? -1
        : pages[codePoint / PAGE][codePoint % PAGE];
  }

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
   * @throws TextException if the vocabulary lacks a character; the message names the first
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
                "character %d of the text, %s, is not in the vocabulary of %,d characters: %s%s",
                i + 1,
                CharacterNames.describe(codePoint),
                size(),
                summary(),
                otherForm(codePoint)));
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

  /**
   * For a message: how a character that is missing is in the vocabulary in another normalization.
   * Empty if it is not.
   */
  String otherForm(int codePoint) {
    String parts = normalized(codePoint);
    if (parts.codePointCount(0, parts.length()) > 1
        && parts.codePoints().allMatch(this::contains)) {
      return "; its parts are (NFD): convert the text, as with uconv -x nfd";
    }
    boolean mark = Character.getType(codePoint) == Character.NON_SPACING_MARK;
    return Arrays.stream(mark ? codePoints : new int[0])
        .filter(composed -> normalized(composed).indexOf(codePoint) > 0)
        .mapToObj(
            composed ->
                "; %s, which has it, is (NFC): convert the text, as with uconv -x nfc"
                    .formatted(CharacterNames.describe(composed)))
        .findFirst()
        .orElse("");
  }

  private static String normalized(int codePoint) {
    return Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFD);
  }

  /** Whether it has control characters from U+0080 to U+009F, except NEL, a line end. */
  public boolean hasC1Controls() {
    return Arrays.stream(codePoints).anyMatch(c -> c >= 0x80 && c < 0xA0 && c != 0x85);
  }

  /** A letter that it has as one character, and whose parts, a letter and a mark, it has, too. */
  public Optional<String> inTwoForms() {
    return Arrays.stream(codePoints)
        .mapToObj(Character::toString)
        .filter(character -> Character.isLetter(character.codePointAt(0)))
        .filter(
            character -> {
              String parts = normalized(character.codePointAt(0));
              return parts.codePointCount(0, parts.length()) > 1
                  && Character.getType(parts.codePointBefore(parts.length()))
                      == Character.NON_SPACING_MARK
                  && parts.codePoints().allMatch(this::contains);
            })
        .findFirst();
  }

  /** The first hundred characters, escaped. */
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
