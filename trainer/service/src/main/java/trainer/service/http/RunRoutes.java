package trainer.service.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.file.Sha256;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.SubmittedConfiguration;
import trainer.service.live.LiveRuns;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryException;
import trainer.service.runs.IdempotencyException;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunState;
import trainer.service.runs.RunStateException;
import trainer.service.runs.Runs;
import trainer.service.runs.Runs.Submitted;
import trainer.service.runs.Submission;

/** Submits, lists, shows, cancels, resumes and deletes runs. */
final class RunRoutes {
  private static final int CONFIGURATION_BYTES = 256 * 1024;
  private static final int MOST_PRIORITY = 100;
  private static final Pattern REFERENCE =
      Pattern.compile("registry:(%s)@([a-z0-9]+)".formatted(Registry.NAME_FORM));
  private static final Pattern NAME = Pattern.compile(Configuration.NEW_NAME_FORM);

  private final Runs runs;
  private final RunFiles files;
  private final LiveRuns live;
  private final Registry registry;
  private final DatasetRoots roots;
  private final Runnable submitted;
  private final BooleanSupplier draining;

  /**
   * @param submitted called after a change of the queue
   * @param draining whether the service is stopping
   */
  RunRoutes(
      Runs runs,
      RunFiles files,
      LiveRuns live,
      Registry registry,
      DatasetRoots roots,
      Runnable submitted,
      BooleanSupplier draining) {
    this.runs = runs;
    this.registry = registry;
    this.files = files;
    this.live = live;
    this.roots = roots;
    this.submitted = submitted;
    this.draining = draining;
  }

  List<Route> routes() {
    String all = Api.ROOT + "/runs";
    String one = Api.RUN;
    return List.of(
        new Route(HandlerType.POST, all, Access.SUBMIT, Body.CONFIGURATION, this::submit),
        new Route(HandlerType.GET, all, Access.READ, this::list),
        new Route(HandlerType.GET, one, Access.READ, this::show),
        new Route(HandlerType.DELETE, one, Access.ADMIN, this::delete),
        new Route(HandlerType.POST, one + "/cancel", Access.SUBMIT, this::cancel),
        new Route(HandlerType.POST, one + "/resume", Access.SUBMIT, this::resume),
        new Route(HandlerType.GET, one + "/configuration", Access.READ, this::configuration));
  }

  private void submit(Context context) {
    String key = Api.idempotencyKey(context);
    byte[] body = RequestBody.read(context, CONFIGURATION_BYTES);
    String request = digest(context.queryString(), body);
    String caller = Guard.caller(context).name();
    try {
      // First, because what the names in a request mean may have changed since.
      Optional<Run> earlier = key == null ? Optional.empty() : runs.submitted(caller, key, request);
      answer(
          context,
          earlier.isPresent()
              ? new Submitted(earlier.get(), false)
              : runs.submit(submission(context, text(body), caller, key), request));
    } catch (ConfigurationException e) {
      throw ApiProblem.of(e);
    } catch (IdempotencyException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, e.getMessage());
    }
  }

  private static String digest(String query, byte[] body) {
    MessageDigest digest = Sha256.digest();
    digest.update((query + "\n").getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest(body));
  }

  private Submission submission(Context context, String text, String caller, String key) {
    if (draining.getAsBoolean()) {
      context.header("Retry-After", "30");
      throw new ApiProblem(
          HttpStatus.SERVICE_UNAVAILABLE, "the service is stopping: submit again later");
    }
    Long priority = Query.number(context, "priority", -MOST_PRIORITY, MOST_PRIORITY);
    SubmittedConfiguration configuration =
        SubmittedConfiguration.read(text, source(context), roots).requireNewName();
    Optional<ModelVersion> start = start(context);
    return configuration.submission(
        priority == null ? 0 : priority.intValue(),
        caller,
        key,
        start.map(ModelVersion::reference).orElse(null),
        start.map(version -> registry.directory(version).path()).orElse(null));
  }

  private void answer(Context context, Submitted result) {
    submitted.run();
    context.header("Location", Api.ROOT + "/runs/" + result.run().id());
    ApiJson.answer(
        context,
        result.created() ? HttpStatus.CREATED : HttpStatus.OK,
        RunJson.run(result.run(), live));
  }

  /** The registered version to initialize the weights from. */
  private Optional<ModelVersion> start(Context context) {
    String reference = context.queryParam("init_from");
    if (reference == null) {
      return Optional.empty();
    }
    Matcher words = REFERENCE.matcher(reference);
    if (!words.matches()) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT,
          "init_from='%s': must be registry:NAME@VERSION, such as registry:shakespeare@champion"
              .formatted(reference));
    }
    try {
      ModelVersion version = registry.version(words.group(1), words.group(2));
      registry.directory(version);
      return Optional.of(version);
    } catch (RegistryException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, "init_from: " + e.getMessage());
    }
  }

  /** File name for messages, and the default name of the run. */
  private static String source(Context context) {
    String name = context.queryParam("name");
    if (name == null) {
      return "configuration.yml";
    }
    if (!NAME.matcher(name).matches()) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT, "name: must be " + Configuration.NEW_NAME_WORDS);
    }
    return name + ".yml";
  }

  private static String text(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new ApiProblem(HttpStatus.BAD_REQUEST, "the configuration is not UTF-8 text");
    }
  }

  private void list(Context context) {
    RunState state = state(context);
    ResultPage<Run> page =
        ResultPage.of(context, (before, limit) -> runs.list(state, before, limit), Run::number);
    ApiJson.answer(context, HttpStatus.OK, page.json("runs", run -> RunJson.run(run, live)));
  }

  private static RunState state(Context context) {
    String word = context.queryParam("state");
    if (word == null) {
      return null;
    }
    for (RunState state : RunState.values()) {
      if (state.word().equals(word.toLowerCase(Locale.ROOT))) {
        return state;
      }
    }
    throw new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT,
        "state='%s': must be queued, running, succeeded, failed, cancelled or interrupted"
            .formatted(word));
  }

  private void show(Context context) {
    Run run = Api.run(context, runs);
    ObjectNode node = RunJson.run(run, live);
    node.set("attempts", ApiJson.tree(runs.attempts(run)));
    ApiJson.answer(context, HttpStatus.OK, node);
  }

  private void configuration(Context context) {
    Run run = Api.run(context, runs);
    context
        .result(runs.configuration(run.id()).orElseThrow(() -> Api.noRun(run.id())))
        .contentType("application/yaml");
  }

  private void cancel(Context context) {
    change(context, runs::cancel);
  }

  private void resume(Context context) {
    change(context, runs::resume);
  }

  private void change(Context context, Function<String, Optional<Run>> change) {
    String id = Api.id(context);
    try {
      Run run = change.apply(id).orElseThrow(() -> Api.noRun(id));
      submitted.run();
      ApiJson.answer(context, HttpStatus.ACCEPTED, RunJson.run(run, live));
    } catch (RunStateException e) {
      throw new ApiProblem(HttpStatus.CONFLICT, e.getMessage());
    }
  }

  private void delete(Context context) throws IOException {
    Run run = Api.run(context, runs);
    try {
      runs.delete(run.id(), () -> files.setAside(run));
    } catch (RunStateException e) {
      throw new ApiProblem(HttpStatus.CONFLICT, e.getMessage());
    } finally {
      files.finishDeleting(runs::isKept);
    }
    context.status(HttpStatus.NO_CONTENT);
  }
}
