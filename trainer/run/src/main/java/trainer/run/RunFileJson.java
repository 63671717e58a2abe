package trainer.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import trainer.file.ShellWord;
import trainer.file.StrictJson;

/**
 * The JSON files of a run directory, as records: {@link StrictJson}, with times in ISO 8601.
 * Doubles read back as the same double; NaN and the infinities are text.
 */
public final class RunFileJson {
  private static final JsonMapper MAPPER = StrictJson.mapper(32, 64);

  static {
    MAPPER.registerModule(
        new SimpleModule()
            .addSerializer(Instant.class, ToStringSerializer.instance)
            .addDeserializer(Instant.class, new InstantDeserializer()));
  }

  private RunFileJson() {}

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
  public static String text(Record record) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(record) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Reads one JSON object.
   *
   * @param name the file, for the message
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
                  ShellWord.shown(name),
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("malformed")));
    }
    throw new DamagedException(ShellWord.shown(name) + " is not a JSON object");
  }

  /**
   * Reads a record, whose constructor may refuse values with an {@link IllegalArgumentException}.
   *
   * @param name the file, for the message
   */
  public static <T extends Record> T read(ObjectNode node, Class<T> type, String name)
      throws DamagedException {
    try {
      return MAPPER.treeToValue(node, type);
    } catch (JsonMappingException e) {
      throw e.getCause() instanceof IllegalArgumentException refusal
          ? new DamagedException("%s: %s".formatted(ShellWord.shown(name), refusal.getMessage()))
          : refusal(node, name, e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree is well-formed", e);
    }
  }

  /** Refuses a negative number in a record's constructor. */
  public static void checkCount(String key, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          "'%s' is %d, not a whole number of at least 0".formatted(key, value));
    }
  }

  /** Follows the path of the exception to the value, which the message then shows. */
  private static DamagedException refusal(ObjectNode root, String name, JsonMappingException e) {
    JsonNode value = root;
    String key = "";
    for (JsonMappingException.Reference step : e.getPath()) {
      String field = step.getFieldName();
      key += field == null ? "[" + step.getIndex() + "]" : (key.isEmpty() ? "" : ".") + field;
      value = field == null ? value.path(step.getIndex()) : value.path(field);
    }
    if (e instanceof UnrecognizedPropertyException) {
      return new DamagedException(
          "%s has the unknown key '%s'".formatted(ShellWord.shown(name), key));
    }
    if (value.isMissingNode()) {
      return new DamagedException("%s has no '%s'".formatted(ShellWord.shown(name), key));
    }
    Class<?> type =
        e instanceof MismatchedInputException mismatch ? mismatch.getTargetType() : null;
    return wrong(name, key, value, description(type));
  }

  private static String description(Class<?> type) {
    if (type == null) {
      return "below 2,147,483,648";
    } else if (type == int.class || type == long.class) {
      return "a whole number";
    } else if (type == double.class) {
      return "a number";
    } else if (type == boolean.class) {
      return "true or false";
    } else if (type == Instant.class) {
      return "a time in ISO 8601";
    } else if (Collection.class.isAssignableFrom(type)) {
      return "a list";
    }
    return type == String.class ? "text" : "an object";
  }

  public static DamagedException wrong(String name, String key, JsonNode value, String wanted) {
    String shown = value.toString();
    return new DamagedException(
        "%s: '%s' is %s, not %s"
            .formatted(ShellWord.shown(name), key, ShellWord.shortened(shown, 60), wanted));
  }

  private static final class InstantDeserializer extends FromStringDeserializer<Instant> {
    private static final long serialVersionUID = 1;

    InstantDeserializer() {
      super(Instant.class);
    }

    @Override
    protected Instant _deserialize(String value, DeserializationContext context)
        throws IOException {
      try {
        return Instant.parse(value);
      } catch (DateTimeException e) {
        return (Instant) context.handleWeirdStringValue(Instant.class, value, e.getMessage());
      }
    }
  }
}
