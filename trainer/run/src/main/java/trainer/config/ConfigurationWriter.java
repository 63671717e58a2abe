package trainer.config;

import java.util.List;
import java.util.function.UnaryOperator;
import trainer.config.binding.Key;
import trainer.config.binding.ListType;
import trainer.config.binding.RecordType;

/** Writes a configuration as YAML that reads back as the same configuration. */
public final class ConfigurationWriter {
  private static final int MOST_KEYS_ON_A_LINE = 6;

  private ConfigurationWriter() {}

  /**
   * Writes every key in order, the same bytes for the same configuration. There is no line with the
   * JSON Schema, which a run directory does not contain.
   */
  public static String toYaml(Configuration configuration) {
    return toYaml(configuration, path -> "");
  }

  /**
   * As above, with a text behind each line.
   *
   * @param behind the text for the path of a key or an element
   */
  static String toYaml(Configuration configuration, UnaryOperator<String> behind) {
    StringBuilder out = new StringBuilder("# Every key of the configuration, with its value.\n");
    write(RecordType.of(Configuration.class), configuration, "", "", behind, out);
    return out.toString();
  }

  private static void write(
      RecordType type,
      Object value,
      String parent,
      String indent,
      UnaryOperator<String> behind,
      StringBuilder out) {
    for (Key key : type.keys()) {
      Object inner = key.valueIn(value);
      String path = parent + key.name();
      out.append(indent).append(key.name()).append(':');
      if (key.type() instanceof RecordType mapping && !fitsOnALine(mapping)) {
        out.append('\n');
        write(mapping, inner, path + ".", indent + "  ", behind, out);
      } else if (key.type() instanceof ListType list && list.element() instanceof RecordType item) {
        out.append('\n');
        int index = 0;
        for (Object element : (List<?>) inner) {
          String place = behind.apply("%s[%d]".formatted(path, index++));
          out.append(indent).append("  - ").append(item.write(element)).append(place).append('\n');
        }
      } else {
        out.append(' ').append(key.write(inner)).append(behind.apply(path)).append('\n');
      }
    }
  }

  private static boolean fitsOnALine(RecordType type) {
    return type.keys().size() <= MOST_KEYS_ON_A_LINE
        && type.keys().stream().allMatch(key -> key.type().isScalar());
  }
}
