package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import trainer.config.ConfigurationException;
import trainer.config.binding.ConfigurationProblem;

/** Why a request is refused, as a problem document of RFC 9457. */
final class Problem extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient HttpStatus status;
  private final transient List<ConfigurationProblem> errors;

  Problem(HttpStatus status, String detail) {
    this(status, detail, List.of());
  }

  private Problem(HttpStatus status, String detail, List<ConfigurationProblem> errors) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }

  /** A configuration with all that is wrong with it. */
  static Problem of(ConfigurationException exception) {
    return new Problem(
        HttpStatus.UNPROCESSABLE_CONTENT, exception.getMessage(), exception.problems());
  }

  /** Answers with it. */
  void answer(Context context) {
    ObjectNode node = Json.object();
    node.put("type", "about:blank");
    node.put("title", status.getMessage());
    node.put("status", status.getCode());
    node.put("detail", getMessage());
    node.put("instance", context.path());
    if (!errors.isEmpty()) {
      ArrayNode list = node.putArray("errors");
      for (ConfigurationProblem error : errors) {
        ObjectNode entry = list.addObject();
        entry.put("key", error.key());
        if (error.line() > 0) {
          entry.put("line", error.line());
        }
        entry.put("message", error.message());
      }
    }
    context.status(status).result(Json.bytes(node)).contentType("application/problem+json");
  }
}
