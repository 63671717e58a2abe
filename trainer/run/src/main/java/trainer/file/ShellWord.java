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
        ? "$'" + escaped(word) + "'"
        : "'" + word.replace("'", "'\\''") + "'";
  }

  /** A path for a message: as it is, but quoted if it would not stay on its line. */
  public static String shown(Path path) {
    return hasControlCharacters(path.toString()) ? of(path) : path.toString();
  }

  private static boolean hasControlCharacters(String word) {
    return word.chars().anyMatch(Character::isISOControl);
  }

  private static String escaped(String word) {
    StringBuilder out = new StringBuilder();
    word.codePoints()
        .forEach(
            character -> {
              if (Character.isISOControl(character)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", character));
              } else if (character == '\\' || character == '\'') {
                out.append('\\').appendCodePoint(character);
              } else {
                out.appendCodePoint(character);
              }
            });
    return out.toString();
  }
}
