package trainer.service.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import trainer.config.ConfigurationException;
import trainer.config.binding.ConfigurationProblem;

/** A refused request, answered as a problem document (RFC 9457). */
final class ApiProblem extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient HttpStatus status;
  private final transient List<ConfigurationProblem> errors;

  ApiProblem(HttpStatus status, String detail) {
    this(status, detail, List.of());
  }

  private ApiProblem(HttpStatus status, String detail, List<ConfigurationProblem> errors) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }

  /** A configuration with all its errors. */
  static ApiProblem of(ConfigurationException exception) {
    return new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT, exception.getMessage(), exception.problems());
  }

  private record Document(
      String type,
      String title,
      int status,
      String detail,
      String instance,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Entry> errors) {}

  /** A line of 0 is unknown and left out. */
  private record Entry(
      String key, @JsonInclude(JsonInclude.Include.NON_DEFAULT) int line, String message) {}

  void answer(Context context) {
    Document document =
        new Document(
            "about:blank",
            status.getMessage(),
            status.getCode(),
            getMessage(),
            context.path(),
            errors.stream()
                .map(error -> new Entry(error.key(), error.line(), error.message()))
                .toList());
    context.status(status).result(ApiJson.bytes(document)).contentType("application/problem+json");
  }
}
