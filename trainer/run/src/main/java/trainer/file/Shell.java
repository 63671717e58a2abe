package trainer.file;

import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/** Words of the commands that messages print, quoted for a shell. */
public final class Shell {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private Shell() {}

  /** A path, which is not taken for an option. */
  public static String quote(Path path) {
    String text = path.toString();
    return quote(text.startsWith("-") ? "./" + text : text);
  }

  /** A word: as it is, in single quotes, or as {@code $'…'} with escaped control characters. */
  public static String quote(String word) {
    if (PLAIN.matcher(word).matches()) {
      return word;
    }
    return word.chars().anyMatch(Character::isISOControl)
        ? "$'" + escaped(word) + "'"
        : "'" + word.replace("'", "'\\''") + "'";
  }

  private static String escaped(String word) {
    StringBuilder out = new StringBuilder();
    word.codePoints()
        .forEach(
            character -> {
              switch (character) {
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                case '\\', '\'' -> out.append('\\').appendCodePoint(character);
                default -> {
                  if (Character.isISOControl(character)) {
                    out.append(String.format(Locale.ROOT, "\\u%04x", character));
                  } else {
                    out.appendCodePoint(character);
                  }
                }
              }
            });
    return out.toString();
  }
}
