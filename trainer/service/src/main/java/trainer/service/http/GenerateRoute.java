package trainer.service.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import trainer.service.inference.Frame;
import trainer.service.inference.GenerationPiece;
import trainer.service.inference.GenerationRequest;
import trainer.service.inference.GenerationStart;
import trainer.service.inference.InferenceProcess.Call;
import trainer.service.registry.Registry;
import trainer.service.runs.Runs;

/** Generates text with the model of a run or registered version. */
final class GenerateRoute {
  /** Limit of the time of a request. */
  static final Duration LIMIT = Duration.ofMinutes(5);

  private static final long USUAL_CHARACTERS = 500;
  private static final double USUAL_TEMPERATURE = 0.8;
  private static final String PROMPT = "prime";
  private static final Set<String> KEYS =
      Set.of(PROMPT, "length", "temperature", "top_k", "top_p", "seed", "stop");

  private final Runs runs;
  private final Registry registry;
  private final Inference inference;
  private final Quota quota;
  private final Answers answers;

  /**
   * @param quota of texts that are being generated
   */
  GenerateRoute(Runs runs, Registry registry, Inference inference, Quota quota, Answers answers) {
    this.runs = runs;
    this.registry = registry;
    this.inference = inference;
    this.quota = quota;
    this.answers = answers;
  }

  List<Route> routes() {
    return List.of(
        new Route(
            HandlerType.POST,
            Api.RUN + "/generate",
            Access.READ,
            context -> generate(context, inference.of(Api.run(context, runs)))),
        ModelRoutes.route(
            HandlerType.POST,
            Api.VERSION + "/generate",
            Access.READ,
            context -> generate(context, inference.of(ModelRoutes.version(context, registry)))));
  }

  @SuppressWarnings("try") // held until the text is generated
  private void generate(Context context, Inference.Model model) throws IOException {
    GenerationRequest request = request(context, model);
    try (Quota.Held held = quota.take(context);
        Call call = inference.call(Frame.Kind.GENERATE, request, LIMIT)) {
      GenerationStart start = Inference.next(call, model, PROMPT).as(GenerationStart.class);
      context.contentType("text/plain; charset=utf-8");
      context.header("X-Seed", Long.toString(request.seed()));
      try (TextStream text = new TextStream(context, answers)) {
        text.write(start.prompts().get(0));
        text.writeAll(call, model, frame -> text.write(frame.as(GenerationPiece.class).text()));
      }
    }
  }

  private static GenerationRequest request(Context context, Inference.Model model) {
    ObjectNode body = ApiJson.parse(RequestBody.read(context, GenerationBody.BODY_BYTES), KEYS);
    long length =
        ApiJson.whole(body, "length", USUAL_CHARACTERS, 0, GenerationBody.MOST_CHARACTERS);
    return new GenerationRequest(
        model.directory().path().toString(),
        List.of(GenerationBody.text(body.path(PROMPT), PROMPT, GenerationBody.MOST_PROMPT)),
        Math.toIntExact(length),
        GenerationBody.temperature(body, USUAL_TEMPERATURE),
        GenerationBody.topK(body),
        GenerationBody.topP(body),
        GenerationBody.seed(body),
        GenerationBody.stop(body),
        1,
        -1,
        false);
  }
}
