package trainer.text;

import java.util.Locale;

/** Characters as text for messages and files. */
final class CharacterNames {
  private CharacterNames() {}

  /** Such as {@code 'é' (U+00E9)}, or {@code U+000A (LINE FEED (LF))} without a glyph. */
  static String describe(int codePoint) {
    if (hasGlyph(codePoint)) {
      return "'%s' (%s)".formatted(Character.toString(codePoint), notation(codePoint));
    }
    String name = Character.getName(codePoint);
    return name == null ? notation(codePoint) : "%s (%s)".formatted(notation(codePoint), name);
  }

  /** Such as {@code U+00E9}. */
  static String notation(int codePoint) {
    return String.format(Locale.ROOT, "U+%04X", codePoint);
  }

  /** The character as a JSON string, escaped unless printable. */
  static String json(int codePoint) {
    return switch (codePoint) {
      case '\n' -> "\"\\n\"";
      case '\r' -> "\"\\r\"";
      case '\t' -> "\"\\t\"";
      case '"' -> "\"\\\"\"";
      case '\\' -> "\"\\\\\"";
      default -> codePoint == ' ' || hasGlyph(codePoint) ? literal(codePoint) : escaped(codePoint);
    };
  }

  private static String literal(int codePoint) {
    return '"' + Character.toString(codePoint) + '"';
  }

  private static String escaped(int codePoint) {
    StringBuilder escaped = new StringBuilder("\"");
    for (char unit : Character.toChars(codePoint)) {
      escaped.append(String.format(Locale.ROOT, "\\u%04X", (int) unit));
    }
    return escaped.append('"').toString();
  }

  private static boolean hasGlyph(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK ->
          false;
      default -> true;
    };
  }
}
