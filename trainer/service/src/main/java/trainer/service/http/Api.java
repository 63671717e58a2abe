package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.function.Function;
import java.util.regex.Pattern;
import trainer.service.registry.Registry;
import trainer.service.runs.Run;
import trainer.service.runs.Runs;

/** Paths of the REST API, and their parameters. */
final class Api {
  static final String ROOT = "/api/v1";

  static final String MODEL = ROOT + "/models/{name}";

  /** The version is a number or an alias. */
  static final String VERSION = MODEL + "/versions/{version}";

  static final String SCHEDULE = ROOT + "/schedules/{name}";

  static final String RUN = ROOT + "/runs/{id}";

  private static final int KEY_CHARACTERS = 200;
  private static final Pattern NAME = Pattern.compile(Registry.NAME_FORM);
  private static final Pattern ID = Pattern.compile(Run.ID_FORM);

  private Api() {}

  /** The run id in the path; 404 unless it has the form of one. */
  static String id(Context context) {
    return id(context.pathParam("id"));
  }

  private static String id(String id) {
    if (!ID.matcher(id).matches()) {
      throw noRun(id);
    }
    return id;
  }

  /** The run in the path. */
  static Run run(Context context, Runs runs) {
    String id = id(context);
    return runs.find(id).orElseThrow(() -> noRun(id));
  }

  /** The run of an untrusted id. */
  static Run run(String id, Runs runs) {
    return runs.find(id(id)).orElseThrow(() -> noRun(id));
  }

  /**
   * The name of a model or schedule in the path.
   *
   * @param unknown the 404 if it cannot be a name
   */
  static String name(Context context, Function<String, ApiProblem> unknown) {
    String name = context.pathParam("name");
    if (!NAME.matcher(name).matches()) {
      throw unknown.apply(name);
    }
    return name;
  }

  /** The idempotency key of the request, or null. */
  static String idempotencyKey(Context context) {
    String key = context.header("Idempotency-Key");
    if (key != null && (key.isBlank() || key.length() > KEY_CHARACTERS)) {
      throw new ApiProblem(
          HttpStatus.BAD_REQUEST,
          "Idempotency-Key: must have 1 to %d characters".formatted(KEY_CHARACTERS));
    }
    return key;
  }

  static ApiProblem noRun(String id) {
    return new ApiProblem(HttpStatus.NOT_FOUND, "there is no run '%s'".formatted(id));
  }
}
