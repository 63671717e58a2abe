package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import trainer.service.inference.ExplanationRequest;
import trainer.service.inference.Frame;
import trainer.service.inference.InferenceProcess.Call;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/** Shows on a text what the model of a run or registered version has learned. */
final class ExplainRoute {
  private static final int BODY_BYTES = 128 * 1024;
  private static final int MOST_CHARACTERS = 10_000;
  private static final int MOST_REMEMBERED = 2_000;
  private static final int MOST_UNITS = 50;
  private static final int AT_A_TIME = 2;
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Set<String> KEYS =
      Set.of("text", "units", "gates", "lag", "map", "copies", "unknown");

  private final Runs runs;
  private final RunFiles files;
  private final Registry registry;
  private final Inference inference;
  private final Quota quota =
      new Quota(
          AT_A_TIME,
          5,
          "%d texts are being explained, the limit: retry in a few seconds".formatted(AT_A_TIME));

  ExplainRoute(Runs runs, RunFiles files, Registry registry, Inference inference) {
    this.runs = runs;
    this.files = files;
    this.registry = registry;
    this.inference = inference;
  }

  List<Route> routes() {
    return List.of(
        new Route(HandlerType.POST, Api.RUN + "/explain", Access.READ, this::explainRun),
        ModelRoutes.route(
            HandlerType.POST, Api.VERSION + "/explain", Access.READ, this::explainVersion));
  }

  private void explainRun(Context context) throws IOException {
    Run run = Api.run(context, runs);
    explain(context, inference.of(run), files.newest(run).corpus());
  }

  private void explainVersion(Context context) throws IOException {
    ModelVersion version = ModelRoutes.version(context, registry);
    Inference.Model model = inference.of(version);
    Path corpus = // of its run, if that is still there
        runs.find(version.run()).map(files::newest).orElse(model.directory()).corpus();
    explain(context, model, corpus);
  }

  @SuppressWarnings("try") // held until it is explained
  private void explain(Context context, Inference.Model model, Path corpus) throws IOException {
    ExplanationRequest request = request(context, model, corpus);
    try (Quota.Held held = quota.take(context);
        Call call = inference.call(Frame.Kind.EXPLAIN, request, LIMIT)) {
      Frame found = Inference.next(call, model, "text");
      context.contentType("application/json").result(found.content());
    }
  }

  private static ExplanationRequest request(Context context, Inference.Model model, Path corpus) {
    ObjectNode body = ApiJson.parse(RequestBody.read(context, BODY_BYTES), KEYS);
    int units = Math.toIntExact(ApiJson.whole(body, "units", 0L, 0, MOST_UNITS));
    boolean gates = ApiJson.flag(body, "gates");
    boolean lag = ApiJson.flag(body, "lag");
    if (gates && units == 0) {
      throw ApiJson.wrong("units", "1 or more, for the gates of these units");
    }
    int most = units > 0 || lag ? MOST_REMEMBERED : MOST_CHARACTERS;
    JsonNode text = body.path("text");
    String shown = GenerationBody.text(text, "text", most);
    if (shown.codePointCount(0, shown.length()) < 2) {
      throw ApiJson.wrong("text", String.format(Locale.ROOT, "text of 2 to %,d characters", most));
    }
    String unknown =
        ApiJson.text(body, "unknown", "error", "error|replace", "\"error\" or \"replace\"");
    return new ExplanationRequest(
        model.directory().path().toString(),
        model.name(),
        shown,
        units,
        gates,
        lag,
        ApiJson.flag(body, "map"),
        ApiJson.flag(body, "copies") ? corpus.toString() : null,
        unknown.equals("replace"));
  }
}
