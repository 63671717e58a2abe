package trainer.service.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import trainer.config.ConfigurationException;
import trainer.config.binding.ConfigurationProblem;
import trainer.file.ShellWord;

/** A refused request, answered as a problem document (RFC 9457). */
final class ApiProblem extends RuntimeException {
  static final String CONTENT_TYPE = "application/problem+json";

  private static final long serialVersionUID = 1;
  private static final int MOST_DETAIL = 30_000; // characters; a detail may repeat the request

  private final transient HttpStatus status;
  private final transient List<ConfigurationProblem> errors;
  private int retrySeconds;

  ApiProblem(HttpStatus status, String detail) {
    this(status, detail, List.of());
  }

  private ApiProblem(HttpStatus status, String detail, List<ConfigurationProblem> errors) {
    super(ShellWord.shortened(detail, MOST_DETAIL));
    this.status = status;
    this.errors = errors;
  }

  /** The service cannot answer now. */
  static ApiProblem busy(String detail, int retrySeconds) {
    ApiProblem problem = new ApiProblem(HttpStatus.SERVICE_UNAVAILABLE, detail);
    problem.retrySeconds = retrySeconds;
    return problem;
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
    if (retrySeconds > 0) {
      context.header("Retry-After", Integer.toString(retrySeconds));
    }
    context.res().setHeader("Content-Disposition", null); // of the file that is not sent
    context.status(status).result(document(context.path())).contentType(CONTENT_TYPE);
  }

  /**
   * The problem document as JSON.
   *
   * @param path of the request
   */
  byte[] document(String path) {
    return ApiJson.bytes(
        new Document(
            "about:blank",
            status.getMessage(),
            status.getCode(),
            getMessage(),
            path,
            errors.stream()
                .map(error -> new Entry(error.key(), error.line(), error.message()))
                .toList()));
  }
}
