package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trainer.service.inference.Frame;
import trainer.service.inference.GenerationPiece;
import trainer.service.inference.GenerationRequest;
import trainer.service.inference.GenerationStart;
import trainer.service.inference.InferenceProcess.Call;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryException;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/**
 * Completions and the list of models in the shape of OpenAI's legacy completions API, so that its
 * clients work. A token is a character, a Unicode code point.
 */
final class CompletionRoutes {
  /** Paths with answers, and refusals, of this shape. */
  static final String ROOT = "/v1/";

  private static final long USUAL_CHARACTERS = 16; // as there
  private static final int MOST_TEXTS = 8; // of a prompt
  private static final int MOST_PROMPTS = 100;
  private static final int MOST_ALTERNATIVES = 5;
  private static final int LISTED_RUNS = 100;
  private static final Pattern VERSION =
      Pattern.compile("(" + Registry.NAME_FORM + ")@([a-z]+|[0-9]+)");
  private static final Pattern ID = Pattern.compile(Run.ID_FORM);
  private static final Pattern NAME = Pattern.compile(Registry.NAME_FORM);
  private static final Set<String> KEYS =
      Set.of(
          "model",
          "prompt",
          "max_tokens",
          "temperature",
          "top_p",
          "top_k",
          "n",
          "stop",
          "seed",
          "stream",
          "stream_options",
          "logprobs",
          "echo",
          "user",
          "best_of",
          "suffix",
          "frequency_penalty",
          "presence_penalty",
          "logit_bias");

  private final Runs runs;
  private final RunFiles files;
  private final Registry registry;
  private final Inference inference;
  private final Quota quota;
  private final Answers answers;

  /**
   * @param quota of texts that are being generated
   */
  CompletionRoutes(
      Runs runs,
      RunFiles files,
      Registry registry,
      Inference inference,
      Quota quota,
      Answers answers) {
    this.runs = runs;
    this.files = files;
    this.registry = registry;
    this.inference = inference;
    this.quota = quota;
    this.answers = answers;
  }

  List<Route> routes() {
    return List.of(
        ModelRoutes.route(HandlerType.POST, ROOT + "completions", Access.READ, this::complete),
        ModelRoutes.route(HandlerType.GET, ROOT + "models", Access.READ, this::list),
        ModelRoutes.route(HandlerType.GET, ROOT + "models/{model}", Access.READ, this::show));
  }

  private void list(Context context) {
    ArrayNode data = ApiJson.object().putArray("data");
    for (Registry.Model model : registry.models()) {
      add(data, model.champion(), "champion");
      add(data, model.challenger(), "challenger");
    }
    for (Run run : runs.list(null, null, LISTED_RUNS)) {
      if (Inference.isTrained(files.newest(run))) {
        data.add(entry(run.id(), run.submittedAt(), run.submittedBy()));
      }
    }
    ObjectNode all = ApiJson.object().put("object", "list");
    all.set("data", data);
    ApiJson.answer(context, HttpStatus.OK, all);
  }

  private static void add(ArrayNode data, ModelVersion version, String alias) {
    if (version != null && version.deletedAt() == null) {
      data.add(entry(version, version.model() + "@" + alias));
    }
  }

  private static ObjectNode entry(ModelVersion version, String name) {
    return entry(name, version.registeredAt(), version.registeredBy());
  }

  private static ObjectNode entry(String id, Instant created, String owner) {
    return ApiJson.object()
        .put("id", id)
        .put("object", "model")
        .put("created", created.getEpochSecond())
        .put("owned_by", owner);
  }

  private void show(Context context) {
    String name = context.pathParam("model");
    ModelVersion version = version(name);
    ObjectNode entry;
    if (version == null) {
      Run run = run(name);
      entry = entry(run.id(), run.submittedAt(), run.submittedBy());
    } else {
      entry = entry(version, name);
    }
    ApiJson.answer(context, HttpStatus.OK, entry);
  }

  private Inference.Model model(String name) {
    ModelVersion version = version(name);
    return version == null ? inference.of(run(name)) : inference.of(version);
  }

  private Run run(String name) {
    if (!ID.matcher(name).matches()) {
      throw noModel(name);
    }
    return runs.find(name).orElseThrow(() -> noModel(name));
  }

  /**
   * The version of {@code NAME@VERSION}, or the champion of {@code NAME}; null if it is neither.
   */
  private ModelVersion version(String name) {
    Matcher version = VERSION.matcher(name);
    try {
      if (version.matches()) {
        return registry.version(version.group(1), version.group(2));
      }
      boolean named = NAME.matcher(name).matches() && registry.model(name).isPresent();
      return named ? registry.version(name, "champion") : null;
    } catch (RegistryException e) {
      throw new ApiProblem(HttpStatus.NOT_FOUND, "model: " + e.getMessage());
    }
  }

  private static ApiProblem noModel(String name) {
    return new ApiProblem(
        HttpStatus.NOT_FOUND,
        ("model: there is no '%s': give the id of a run, or NAME@champion, NAME@challenger or"
                + " NAME@NUMBER of a registered model; GET /v1/models lists them")
            .formatted(name));
  }

  /**
   * A checked request.
   *
   * @param withUsage whether a stream ends with the numbers of characters
   */
  private record Completion(
      Inference.Model model, GenerationRequest request, boolean stream, boolean withUsage) {}

  @SuppressWarnings("try") // held until the text is generated
  private void complete(Context context) throws IOException {
    Completion completion = parse(context);
    try (Quota.Held held = quota.take(context);
        Call call =
            inference.call(Frame.Kind.GENERATE, completion.request(), GenerateRoute.LIMIT)) {
      GenerationStart start =
          Inference.next(call, completion.model(), "prompt").as(GenerationStart.class);
      CompletionAnswer answer =
          new CompletionAnswer(
              "cmpl-" + UUID.randomUUID(),
              Instant.now().getEpochSecond(),
              completion.model().name(),
              completion.request(),
              start);
      if (completion.stream()) {
        stream(context, completion, call, answer);
      } else {
        Frame frame = Inference.next(call, completion.model(), "prompt");
        while (frame.kind() == Frame.Kind.PIECE) {
          answer.add(frame.as(GenerationPiece.class));
          frame = Inference.next(call, completion.model(), "prompt");
        }
        ApiJson.answer(context, HttpStatus.OK, answer.whole());
      }
    }
  }

  private void stream(Context context, Completion completion, Call call, CompletionAnswer answer) {
    context.contentType("text/event-stream; charset=utf-8");
    try (TextStream events = new TextStream(context, answers)) {
      events.writeAll(
          call,
          completion.model(),
          frame -> events.write(event(answer.chunk(frame.as(GenerationPiece.class)))));
      if (completion.withUsage()) {
        events.write(event(answer.usageChunk()));
      }
      events.write("data: [DONE]\n\n");
    }
  }

  private static String event(ObjectNode chunk) {
    return "data: " + chunk + "\n\n";
  }

  private Completion parse(Context context) {
    ObjectNode body = ApiJson.parse(RequestBody.read(context, GenerationBody.BODY_BYTES), KEYS);
    refuseUnsupported(body);
    long length =
        ApiJson.whole(body, "max_tokens", USUAL_CHARACTERS, 0, GenerationBody.MOST_CHARACTERS);
    long texts = ApiJson.whole(body, "n", 1L, 1, MOST_TEXTS);
    List<String> prompts = prompts(body.path("prompt"));
    if (length * texts * prompts.size() > GenerationBody.MOST_CHARACTERS) {
      throw ApiJson.wrong(
          "max_tokens",
          String.format(Locale.ROOT, "at most %,d in all texts", GenerationBody.MOST_CHARACTERS));
    }
    Long alternatives = alternatives(body);
    boolean stream = ApiJson.flag(body, "stream");
    Inference.Model model =
        model(ApiJson.text(body, "model", null, "(?s).+", "the name of a model"));
    return new Completion(
        model,
        new GenerationRequest(
            model.directory().path().toString(),
            prompts,
            Math.toIntExact(length),
            GenerationBody.temperature(body, 1),
            GenerationBody.topK(body),
            GenerationBody.topP(body),
            GenerationBody.seed(body),
            GenerationBody.stop(body),
            Math.toIntExact(texts),
            Math.toIntExact(alternatives),
            ApiJson.flag(body, "echo")),
        stream,
        stream && usage(body.path("stream_options")));
  }

  /** Some clients send {@code true}, as chat completions have it. */
  private static Long alternatives(ObjectNode body) {
    JsonNode value = body.path("logprobs");
    return value.isBoolean()
        ? Long.valueOf(value.booleanValue() ? 0 : -1)
        : ApiJson.whole(body, "logprobs", -1L, 0, MOST_ALTERNATIVES);
  }

  /** One text, or a list of texts. */
  private static List<String> prompts(JsonNode value) {
    if (!value.isArray()) {
      return List.of(GenerationBody.text(value, "prompt", GenerationBody.MOST_PROMPT));
    }
    List<String> prompts = new ArrayList<>();
    int characters = 0;
    for (JsonNode each : value) {
      if (each.isTextual()) {
        prompts.add(GenerationBody.text(each, "prompt", GenerationBody.MOST_PROMPT));
        characters += each.textValue().length();
      }
    }
    if (prompts.isEmpty()
        || prompts.size() < value.size()
        || prompts.size() > MOST_PROMPTS
        || characters > GenerationBody.MOST_PROMPT) {
      throw ApiJson.wrong(
          "prompt",
          String.format(
              Locale.ROOT,
              "a text, or a list of 1 to %d texts, of at most %,d characters in all",
              MOST_PROMPTS,
              GenerationBody.MOST_PROMPT));
    }
    return prompts;
  }

  private static boolean usage(JsonNode options) {
    if (options.isMissingNode() || options.isNull()) {
      return false;
    }
    if (!(options instanceof ObjectNode object)) {
      throw ApiJson.wrong("stream_options", "an object");
    }
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    keys.remove("include_obfuscation"); // sent by new clients; nothing is obfuscated
    keys.remove("include_usage");
    if (!keys.isEmpty()) {
      throw ApiJson.wrong("stream_options", "include_usage alone");
    }
    return ApiJson.flag(object, "include_usage");
  }

  /** A key that changes nothing is accepted; one that would is refused, not ignored. */
  private static void refuseUnsupported(ObjectNode body) {
    check(body, "best_of", value -> value.isIntegralNumber() && value.asInt() == 1);
    check(body, "suffix", value -> value.isTextual() && value.asText().isEmpty());
    check(body, "frequency_penalty", value -> value.isNumber() && value.asDouble() == 0);
    check(body, "presence_penalty", value -> value.isNumber() && value.asDouble() == 0);
    check(body, "logit_bias", value -> value.isObject() && value.isEmpty());
    check(body, "user", JsonNode::isTextual);
  }

  private static void check(ObjectNode body, String key, Predicate<JsonNode> supported) {
    JsonNode value = body.path(key);
    if (!value.isMissingNode() && !value.isNull() && !supported.test(value)) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT, key + ": is not supported here: leave it out");
    }
  }
}
