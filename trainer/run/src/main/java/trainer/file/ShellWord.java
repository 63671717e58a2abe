package trainer.file;

import java.nio.file.Path;
import java.util.Locale;

/** Text as one word of a shell's command, so that a printed command can be pasted. */
public final class ShellWord {
  private ShellWord() {}

  /** Quotes a path for a POSIX shell, if it needs that. It is not taken for an option. */
  public static String of(Path path) {
    return of(path.toString().startsWith("-") ? "./" + path : path.toString());
  }

  /** Quotes a text, if it needs that: in {@code '…'}, or {@code $'…'} with control characters. */
  public static String of(String word) {
    if (word.matches("[\\p{L}\\p{N}_@%+=:,./-]+")) {
      return word;
    }
    return hasControlCharacters(word)
        ? "$'" + escaped(word, "\\'") + "'"
        : "'" + word.replace("'", "'\\''") + "'";
  }

  /** A path for a message: as it is, but quoted if it would not stay on its line. */
  public static String shown(Path path) {
    return shown(path.toString());
  }

  /** As above. */
  public static String shown(String path) {
    return hasControlCharacters(path) ? of(path) : path;
  }

  /**
   * A text, or its start and "…" if it is longer. Ends between two characters, since half of one
   * can be neither stored nor sent.
   *
   * @param most UTF-16 units before the "…"
   */
  public static String shortened(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    boolean splits = Character.isHighSurrogate(text.charAt(most - 1));
    return text.substring(0, splits ? most - 1 : most) + "…";
  }

  /** A text for a message, which stays on its line: a control character is {@code \\u000a}. */
  public static String onOneLine(String text) {
    return escaped(text, "");
  }

  private static boolean hasControlCharacters(String word) {
    return word.codePoints().anyMatch(ShellWord::movesText);
  }

  /** Whether a terminal would show what follows elsewhere: line ends, ESC, writing direction. */
  private static boolean movesText(int character) {
    return Character.isISOControl(character)
        || (character >= 0x2028 && character <= 0x202E)
        || (character >= 0x2066 && character <= 0x2069);
  }

  /**
   * @param others characters that get a backslash
   */
  private static String escaped(String word, String others) {
    StringBuilder out = new StringBuilder();
    word.codePoints()
        .forEach(
            character -> {
              if (movesText(character)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", character));
              } else {
                out.append(others.indexOf(character) >= 0 ? "\\" : "").appendCodePoint(character);
              }
            });
    return out.toString();
  }
}
