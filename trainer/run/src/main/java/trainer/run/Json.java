package trainer.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import trainer.file.StrictJson;

/** The JSON of a run directory: strict and bounded on reading, doubles exact on writing. */
public final class Json {
  private static final JsonMapper MAPPER = StrictJson.mapper(32, 64);

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** One line. */
  public static String line(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Indented, with a newline at the end. */
  public static String text(JsonNode node) {
    return node.toPrettyString() + "\n";
  }

  /**
   * Reads one JSON object.
   *
   * @param name what it is, for the message
   */
  public static ObjectNode parse(String text, String name) throws DamagedException {
    try {
      if (MAPPER.readTree(text) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      throw new DamagedException(
          "%s is not JSON (line %d: %s)"
              .formatted(
                  name,
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("malformed")));
    }
    throw new DamagedException(name + " is not a JSON object");
  }

  /** A double, NaN and the infinities as text: JSON has no number for them. */
  public static void put(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, value);
    } else {
      node.put(key, Double.toString(value));
    }
  }

  /** Reads back what {@link #put} wrote. */
  public static double number(ObjectNode node, String key, String name) throws DamagedException {
    JsonNode value = required(node, key, name);
    if (value.isNumber()) {
      return value.doubleValue();
    }
    return switch (value.isTextual() ? value.textValue() : "") {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw wrong(name, key, value, "a number");
    };
  }

  /** A whole number, not negative. */
  public static long count(ObjectNode node, String key, String name) throws DamagedException {
    JsonNode value = required(node, key, name);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
      throw wrong(name, key, value, "a whole number of at least 0");
    }
    return value.longValue();
  }

  public static String string(ObjectNode node, String key, String name) throws DamagedException {
    JsonNode value = required(node, key, name);
    if (!value.isTextual()) {
      throw wrong(name, key, value, "text");
    }
    return value.textValue();
  }

  public static JsonNode required(ObjectNode node, String key, String name)
      throws DamagedException {
    JsonNode value = node.get(key);
    if (value == null) {
      throw new DamagedException("%s has no '%s'".formatted(name, key));
    }
    return value;
  }

  public static DamagedException wrong(String name, String key, JsonNode value, String wanted) {
    String shown = value.toString();
    return new DamagedException(
        "%s: '%s' is %s, not %s"
            .formatted(
                name, key, shown.length() > 60 ? shown.substring(0, 60) + "…" : shown, wanted));
  }
}
