package trainer.service.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trainer.config.ConfigurationException;
import trainer.config.binding.ConfigurationProblem;
import trainer.file.ShellWord;

/** A refused request, answered as a problem document (RFC 9457). */
final class ApiProblem extends RuntimeException {
  static final String CONTENT_TYPE = "application/problem+json";

  private static final long serialVersionUID = 1;
  private static final Pattern KEY = Pattern.compile("([a-z_]+): ");
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
    return of(exception, exception.getMessage());
  }

  /** The same in other words. */
  static ApiProblem of(ConfigurationException exception, String detail) {
    return new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, detail, exception.problems());
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
    if (context.path().startsWith(CompletionRoutes.ROOT)) {
      HttpStatus shown =
          status == HttpStatus.UNPROCESSABLE_CONTENT ? HttpStatus.BAD_REQUEST : status; // as there
      context.status(shown).result(completionError()).contentType("application/json");
    } else {
      context.status(status).result(document(context.path())).contentType(CONTENT_TYPE);
    }
  }

  /** In the shape of OpenAI's API, whose clients show the message. */
  private byte[] completionError() {
    boolean ours = status.getCode() >= 500;
    ObjectNode error =
        ApiJson.object()
            .put("message", getMessage())
            .put("type", ours ? "server_error" : "invalid_request_error");
    Matcher key = KEY.matcher(getMessage());
    error.put("param", key.lookingAt() ? key.group(1) : null);
    error.put("code", status == HttpStatus.NOT_FOUND ? "model_not_found" : null);
    ObjectNode document = ApiJson.object();
    document.set("error", error);
    return ApiJson.bytes(document);
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
