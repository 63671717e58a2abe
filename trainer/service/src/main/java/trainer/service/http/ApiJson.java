package trainer.service.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.util.Iterator;
import java.util.Set;
import trainer.file.StrictJson;

/** The JSON of requests and answers: strict and bounded on reading. */
final class ApiJson {
  private static final JsonMapper MAPPER = StrictJson.mapper(16, 40);

  private ApiJson() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of nodes is always JSON", e);
    }
  }

  /** What was written by {@link #bytes} and kept. */
  static JsonNode stored(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the database has what is not JSON: " + text, e);
    }
  }

  static void answer(Context context, HttpStatus status, ObjectNode node) {
    context.status(status).result(bytes(node)).contentType("application/json");
  }

  /**
   * Text of a form.
   *
   * @param otherwise where it is missing or null; null: it must be there
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

  /** A whole number in a range; {@code otherwise} where it is missing or null. */
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

  static ApiProblem wrong(String key, String wanted) {
    return new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT, "%s: must be %s".formatted(key, wanted));
  }

  /** Reads an object that has no other keys than these. */
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
