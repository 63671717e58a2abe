package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import trainer.config.Configuration;
import trainer.run.RunDirectory;
import trainer.service.registry.Champions;
import trainer.service.registry.Decision;
import trainer.service.registry.Deletions;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Promotion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryException;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/** The registry: models, versions, promotions. */
final class ModelRoutes {
  private static final int BODY_BYTES = 16 * 1024;
  private static final int MOST = 200;
  private static final int AT_A_TIME = 4; // that are read as a whole; each holds a thread
  private static final int REASON_CHARACTERS = 1000;
  private static final String EXPECTED_CHAMPION = "expected_champion";

  private final Registry registry;
  private final Champions champions;
  private final Deletions deletions;
  private final Runs runs;
  private final RunFiles files;
  private final Quota reading =
      new Quota(
          AT_A_TIME, 5, "%d models are being read, the limit: retry later".formatted(AT_A_TIME));

  ModelRoutes(
      Registry registry, Champions champions, Deletions deletions, Runs runs, RunFiles files) {
    this.registry = registry;
    this.champions = champions;
    this.deletions = deletions;
    this.runs = runs;
    this.files = files;
  }

  List<Route> routes() {
    String one = Api.MODEL;
    String version = Api.VERSION;
    return List.of(
        route(HandlerType.GET, Api.ROOT + "/models", Access.READ, this::list),
        route(HandlerType.GET, one, Access.READ, this::show),
        route(HandlerType.DELETE, one, Access.ADMIN, this::delete),
        route(HandlerType.GET, one + "/history", Access.READ, this::history).with("limit", "after"),
        route(HandlerType.POST, one + "/versions", Access.SUBMIT, this::register),
        route(HandlerType.GET, version, Access.READ, this::showVersion),
        route(HandlerType.DELETE, version, Access.ADMIN, this::deleteVersion),
        route(HandlerType.GET, version + "/model.zip", Access.READ, this::model),
        route(HandlerType.GET, version + "/vocabulary.json", Access.READ, this::vocabulary),
        route(HandlerType.POST, one + "/promote", Access.ADMIN, this::promote),
        route(HandlerType.POST, one + "/rollback", Access.ADMIN, this::rollBack));
  }

  /** A route that answers registry exceptions with 404 or 409. */
  static Route route(HandlerType method, String path, Access access, Handler handler) {
    return new Route(
        method,
        path,
        access,
        context -> {
          try {
            handler.handle(context);
          } catch (RegistryException e) {
            throw new ApiProblem(
                e.isMissing() ? HttpStatus.NOT_FOUND : HttpStatus.CONFLICT, e.getMessage());
          }
        });
  }

  static String name(Context context) {
    return Api.name(context, ModelRoutes::noModel);
  }

  private static ApiProblem noModel(String name) {
    return new ApiProblem(HttpStatus.NOT_FOUND, "there is no model '%s'".formatted(name));
  }

  static ModelVersion version(Context context, Registry registry) {
    return registry.version(name(context), context.pathParam("version"));
  }

  private void list(Context context) {
    List<ObjectNode> all = registry.models().stream().map(ModelJson::model).toList();
    ApiJson.answer(context, HttpStatus.OK, Map.of("models", all));
  }

  private void show(Context context) {
    String name = name(context);
    ObjectNode node = ModelJson.model(registry.model(name).orElseThrow(() -> noModel(name)));
    node.set("versions", ModelJson.versions(registry.versions(name, MOST)));
    ApiJson.answer(context, HttpStatus.OK, node);
  }

  private void history(Context context) {
    String name = name(context);
    ResultPage<Promotion> page =
        ResultPage.of(
            context, (before, limit) -> champions.history(name, before, limit), Promotion::number);
    if (registry.model(name).isEmpty()) {
      throw noModel(name);
    }
    ApiJson.answer(context, HttpStatus.OK, page.json("history", ModelJson::promotion));
  }

  private void register(Context context) {
    String name = name(context);
    if (!name.matches(Configuration.NEW_NAME_FORM) && registry.model(name).isEmpty()) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT, "model: must be " + Configuration.NEW_NAME_WORDS);
    }
    ObjectNode body = ApiJson.parse(RequestBody.read(context, BODY_BYTES), Set.of("run"));
    String id = ApiJson.text(body, "run", null, Run.ID_FORM, "the id of a run");
    Run run = runs.find(id).orElseThrow(() -> Api.noRun(id));
    if (!run.state().isFinal()) {
      throw new ApiProblem(
          HttpStatus.CONFLICT,
          "%s is %s: wait until it ends, or cancel it".formatted(id, run.state().word()));
    }
    ModelVersion version = register(context, name, run);
    context.header(
        "Location", "%s/models/%s/versions/%s".formatted(Api.ROOT, name, version.version()));
    ApiJson.answer(context, HttpStatus.CREATED, ModelJson.version(version));
  }

  @SuppressWarnings("try") // held while the files are copied
  private ModelVersion register(Context context, String name, Run run) {
    try (Quota.Held held = reading.take(context)) {
      return registry.register(name, files.newest(run), run.id(), Guard.caller(context).name());
    }
  }

  private void delete(Context context) {
    deletions.delete(name(context));
    context.status(HttpStatus.NO_CONTENT);
  }

  private void deleteVersion(Context context) {
    deletions.delete(version(context, registry));
    context.status(HttpStatus.NO_CONTENT);
  }

  private void showVersion(Context context) {
    ApiJson.answer(context, HttpStatus.OK, ModelJson.version(version(context, registry)));
  }

  private void model(Context context) throws IOException {
    ModelVersion version = version(context, registry);
    Path file = toSend(context, version).best();
    context.header(
        "Content-Disposition",
        "attachment; filename=\"%s-%s.zip\"".formatted(version.model(), version.version()));
    context.header("X-Model-Version", Integer.toString(version.version()));
    context.header("X-Model-SHA256", version.sha256());
    send(context, version, file, "application/zip");
  }

  /** Reads the whole file only if that was not done lately. */
  @SuppressWarnings("try") // held while the file is read
  private RunDirectory toSend(Context context, ModelVersion version) {
    RunDirectory directory = registry.directory(version); // refuses deleted ones
    if (registry.needsCheck(version)) {
      try (Quota.Held held = reading.take(context)) {
        checked(version, registry);
      }
    }
    return directory;
  }

  /** The files of a version; damage is this server's error. */
  static RunDirectory checked(ModelVersion version, Registry registry) {
    registry.directory(version); // refuses deleted ones
    try {
      return registry.checked(version);
    } catch (RegistryException e) {
      throw new ApiProblem(HttpStatus.INTERNAL_SERVER_ERROR, e.getMessage());
    }
  }

  private void vocabulary(Context context) throws IOException {
    ModelVersion version = version(context, registry);
    send(context, version, registry.directory(version).vocabulary(), "application/json");
  }

  private static void send(Context context, ModelVersion version, Path file, String type)
      throws IOException {
    RecordRoutes.send(context, file, type, version.reference() + " has no such file");
  }

  private void promote(Context context) {
    String name = name(context);
    ObjectNode body =
        ApiJson.parse(
            RequestBody.read(context, BODY_BYTES), Set.of("version", "reason", EXPECTED_CHAMPION));
    JsonNode which = body.path("version");
    if (!which.isTextual() && !which.isIntegralNumber()) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT, "version: must be a number or \"challenger\"");
    }
    int version = registry.version(name, which.asText()).version();
    Promotion promotion =
        champions.promote(
            new Decision(name, version, Guard.caller(context).name(), reason(body), null),
            expectedChampion(body));
    ApiJson.answer(context, HttpStatus.OK, ModelJson.promotion(promotion));
  }

  private void rollBack(Context context) {
    String name = name(context);
    ObjectNode body =
        ApiJson.parse(RequestBody.read(context, BODY_BYTES), Set.of("reason", EXPECTED_CHAMPION));
    Promotion promotion =
        champions.rollBack(
            name, Guard.caller(context).name(), reason(body), expectedChampion(body));
    ApiJson.answer(context, HttpStatus.OK, ModelJson.promotion(promotion));
  }

  private static Integer expectedChampion(ObjectNode body) {
    Long expected = ApiJson.whole(body, EXPECTED_CHAMPION, null, 0, Integer.MAX_VALUE);
    return expected == null ? null : expected.intValue();
  }

  private static String reason(ObjectNode body) {
    return ApiJson.text(
        body,
        "reason",
        null,
        "(?s)\\s*\\S.{0,%s}".formatted(REASON_CHARACTERS - 1),
        String.format(Locale.ROOT, "the reason, at most %,d characters", REASON_CHARACTERS));
  }
}
