package trainer.insight;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/** What a unit may follow along a text. Values are those at each character, itself included. */
public enum Feature {
  /** 1 at the first character of a line; the line end is its last. */
  LINE_POSITION("position in the line", "along the line", false),
  /** 1 inside double quotes, from the opening one on; a blank line ends them. */
  QUOTES("quotation marks", "inside quotation marks", true),
  /** 1 inside round, square or curly brackets, from the opening one on; a blank line ends them. */
  BRACKETS("brackets", "inside brackets", true),
  /** 1 at a capital letter. */
  UPPER_CASE("capital letters", "at capital letters", true),
  /** 1 at a character that is neither letter, digit nor apostrophe. */
  WORD_BOUNDARY("word boundaries", "between words", true),
  /** Spaces and tabs at the start of the line, as far as they have been read. */
  INDENTATION("indentation", "with the indentation", false),
  /** 1 in a line that names a speaker: up to 40 characters, from a capital letter to a colon. */
  SPEAKER("names of speakers", "in the names of speakers", true);

  private static final Pattern NAME = Pattern.compile("\\p{Lu}[\\p{L}\\p{M}0-9 .,'’-]{0,38}:\\s*");

  private final String words;
  private final String where;
  private final boolean binary;

  Feature(String words, String where, boolean binary) {
    this.words = words;
    this.where = where;
    this.binary = binary;
  }

  /** In a report, such as "position in the line". */
  public String words() {
    return words;
  }

  /** In a sentence, as in "is high inside quotation marks". */
  String where() {
    return where;
  }

  /** Whether its values are 0 and 1. */
  public boolean isBinary() {
    return binary;
  }

  /** In JSON, such as {@code line_position}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Its values along a text.
   *
   * @param text code points
   * @return of the same length
   */
  double[] along(int... text) {
    double[] values = new double[text.length];
    int lineStart = 0;
    int depth = 0; // of brackets; of quotes 0 or 1
    for (int i = 0; i < text.length; i++) {
      int c = text[i];
      boolean blankLine = c == '\n' && i > 0 && text[i - 1] == '\n';
      depth = blankLine ? 0 : depth(c, depth);
      values[i] =
          switch (this) {
            case LINE_POSITION -> i - lineStart + 1;
            case QUOTES, BRACKETS -> depth > 0 ? 1 : 0;
            case UPPER_CASE -> Character.isUpperCase(c) ? 1 : 0;
            case WORD_BOUNDARY -> isInWord(c) ? 0 : 1;
            case INDENTATION -> indentation(text, lineStart, i);
            case SPEAKER -> 0;
          };
      if (c == '\n') {
        lineStart = i + 1;
      }
    }
    if (this == SPEAKER) {
      markNames(text, values);
    }
    return values;
  }

  private int depth(int c, int depth) {
    return switch (this) {
      case QUOTES ->
          switch (c) {
            case '"' -> 1 - depth;
            case '“', '«', '„' -> 1;
            case '”', '»' -> 0;
            default -> depth;
          };
      case BRACKETS ->
          switch (c) {
            case '(', '[', '{' -> depth + 1;
            case ')', ']', '}' -> Math.max(0, depth - 1);
            default -> depth;
          };
      default -> 0;
    };
  }

  private static boolean isInWord(int c) {
    return Character.isLetterOrDigit(c)
        || Character.getType(c) == Character.NON_SPACING_MARK
        || c == '\''
        || c == '’';
  }

  private static int indentation(int[] text, int from, int to) {
    int at = from;
    while (at <= to && (text[at] == ' ' || text[at] == '\t')) {
      at++;
    }
    return at - from;
  }

  private static void markNames(int[] text, double... values) {
    int from = 0;
    for (int i = 0; i <= text.length; i++) {
      if (i == text.length || text[i] == '\n') {
        if (NAME.matcher(new String(text, from, i - from)).matches()) {
          Arrays.fill(values, from, i, 1);
        }
        from = i + 1;
      }
    }
  }
}
