package trainer.service.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import trainer.file.StrictJson;

/** The JSON of requests and answers; parsing is strict and bounded. */
final class ApiJson {
  /** Snake case keys, nulls included, times in ISO 8601. */
  private static final JsonMapper MAPPER =
      StrictJson.mapper(16, 40)
          .rebuild()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(new SimpleModule().addSerializer(Instant.class, ToStringSerializer.instance))
          .build();

  private ApiJson() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ObjectNode tree(Record value) {
    return MAPPER.valueToTree(value);
  }

  static ObjectNode tree(Map<String, ?> values) {
    return MAPPER.valueToTree(values);
  }

  static ArrayNode tree(List<?> values) {
    return MAPPER.valueToTree(values);
  }

  static byte[] bytes(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + value, e);
    }
  }

  /** Parses JSON from the database; null stays null. */
  static JsonNode stored(String text) {
    try {
      return text == null ? null : MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the database holds malformed JSON: " + text, e);
    }
  }

  static void answer(Context context, HttpStatus status, Object value) {
    context.status(status).result(bytes(value)).contentType("application/json");
  }

  /**
   * A string that matches a pattern.
   *
   * @param otherwise default if the key is missing or null; null: the key is required
   * @param form regular expression
   * @param wanted the form in words
   */
  static String text(ObjectNode body, String key, String otherwise, String form, String wanted) {
    JsonNode value = body.path(key);
    if (otherwise != null && (value.isMissingNode() || value.isNull())) {
      return otherwise;
    }
    if (!value.isTextual() || !value.textValue().matches(form)) {
      throw wrong(key, wanted);
    }
    return value.textValue();
  }

  /** A whole number in a range; {@code otherwise} if the key is missing or null. */
  static Long whole(ObjectNode body, String key, Long otherwise, long least, long most) {
    JsonNode value = body.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      throw wrong(key, "a whole number from %d to %d".formatted(least, most));
    }
    return value.longValue();
  }

  /** Whether a key is true; false if it is missing or null. */
  static boolean flag(ObjectNode body, String key) {
    JsonNode value = body.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
      throw wrong(key, "true or false");
    }
    return value.asBoolean();
  }

  static ApiProblem wrong(String key, String wanted) {
    return new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT, "%s: must be %s".formatted(key, wanted));
  }

  /** Parses an object that may have these keys only. */
  static ObjectNode parse(byte[] body, Set<String> keys) {
    JsonNode node;
    try {
      node = MAPPER.readTree(body);
    } catch (IOException e) {
      throw new ApiProblem(HttpStatus.BAD_REQUEST, "the body is not JSON: " + firstLine(e));
    }
    if (!(node instanceof ObjectNode object)) {
      throw new ApiProblem(HttpStatus.BAD_REQUEST, "the body is not a JSON object");
    }
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!keys.contains(name)) {
        throw new ApiProblem(
            HttpStatus.UNPROCESSABLE_CONTENT,
            "'%s': unknown key; the keys are %s"
                .formatted(name, String.join(", ", keys.stream().sorted().toList())));
      }
    }
    return object;
  }

  private static String firstLine(IOException e) {
    String message = e instanceof JsonProcessingException json ? json.getOriginalMessage() : null;
    return message == null ? "malformed" : message.lines().findFirst().orElse("malformed");
  }
}
