package trainer.config.binding;

import java.util.regex.Pattern;

/** Text as a YAML scalar. */
final class Text {
  /** Text that needs no quotes and has no other type in any YAML version. */
  private static final Pattern PLAIN = Pattern.compile("(?:\\.{0,2}/)?[A-Za-z_][A-Za-z0-9_./-]*");

  private static final Pattern OTHER_TYPE =
      Pattern.compile("(?i)null|true|false|yes|no|on|off|y|n");

  private Text() {}

  static String write(String text) {
    boolean plain = PLAIN.matcher(text).matches() && !OTHER_TYPE.matcher(text).matches();
    return plain ? text : '"' + escape(text) + '"';
  }

  /** Escapes text for double quotes, on one line. */
  static String escape(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(
            character -> {
              switch (character) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (isVisible(character)) {
                    out.appendCodePoint(character);
                  } else {
                    out.append(
                        character > 0xFFFF
                            ? "\\U%08X".formatted(character)
                            : "\\u%04X".formatted(character));
                  }
                }
              }
            });
    return out.toString();
  }

  private static boolean isVisible(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
