package trainer.config;

import java.util.List;
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
    StringBuilder out = new StringBuilder("# Every key of the configuration, with its value.\n");
    write(RecordType.of(Configuration.class), configuration, "", out);
    return out.toString();
  }

  private static void write(RecordType type, Object value, String indent, StringBuilder out) {
    for (Key key : type.keys()) {
      Object inner = key.valueIn(value);
      out.append(indent).append(key.name()).append(':');
      if (key.type() instanceof RecordType mapping && !fitsOnALine(mapping)) {
        out.append('\n');
        write(mapping, inner, indent + "  ", out);
      } else if (key.type() instanceof ListType list && list.element() instanceof RecordType item) {
        out.append('\n');
        for (Object element : (List<?>) inner) {
          out.append(indent).append("  - ").append(item.write(element)).append('\n');
        }
      } else {
        out.append(' ').append(key.write(inner)).append('\n');
      }
    }
  }

  private static boolean fitsOnALine(RecordType type) {
    return type.keys().size() <= MOST_KEYS_ON_A_LINE
        && type.keys().stream().allMatch(key -> key.type().isScalar());
  }
}
