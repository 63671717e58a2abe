package trainer.service.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Text of lines {@code KEY: VALUE}, in which keys are found by their ends. */
final class KeyedLines {
  private KeyedLines() {}

  static String of(Map<String, ?> values) {
    return values.entrySet().stream()
        .map(each -> each.getKey() + ": " + each.getValue().toString().replace('\n', ' ') + "\n")
        .collect(Collectors.joining());
  }

  /**
   * The values of all keys with a name: a key, with or without its indices, or the end of it after
   * a dot.
   */
  static List<String> values(String lines, String name) {
    String end = name.substring(name.lastIndexOf('.') + 1) + ": ";
    List<String> found = new ArrayList<>(1);
    for (int at = lines.indexOf(end); at >= 0; at = lines.indexOf(end, at + 1)) {
      int value = at + end.length();
      String key = lines.substring(lines.lastIndexOf('\n', at) + 1, value - 2);
      if (isNamed(key, name)) {
        found.add(lines.substring(value, lines.indexOf('\n', value)));
      }
    }
    return found;
  }

  private static boolean isNamed(String key, String name) {
    if (key.contains(": ")) {
      return false; // was found in a value
    }
    String plain = key.indexOf('[') < 0 ? key : key.replaceAll("\\[[0-9]+]", "");
    return ("." + key).endsWith("." + name) || ("." + plain).endsWith("." + name);
  }
}
