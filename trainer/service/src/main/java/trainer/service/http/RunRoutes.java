package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.file.Sha256;
import trainer.run.RunDirectory;
import trainer.service.database.DatabaseException;
import trainer.service.datasets.SubmissionRules;
import trainer.service.datasets.SubmittedConfiguration;
import trainer.service.live.LiveRuns;
import trainer.service.live.RunCatalogue;
import trainer.service.live.RunQuery;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryException;
import trainer.service.runs.IdempotencyException;
import trainer.service.runs.Labels;
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
  private static final int LABEL_BYTES = 16 * 1024;
  private static final int MOST_PRIORITY = 100;
  private static final Pattern REFERENCE =
      Pattern.compile("registry:(%s)(?:@([a-z0-9]+))?".formatted(Registry.NAME_FORM));
  private static final Pattern FORK = Pattern.compile("(%s)@([0-9]{1,10})".formatted(Run.ID_FORM));
  private static final Pattern NAME = Pattern.compile(Configuration.NEW_NAME_FORM);

  private final Runs runs;
  private final RunFiles files;
  private final LiveRuns live;
  private final RunCatalogue catalogue;
  private final Registry registry;
  private final SubmissionRules rules;
  private final Runnable submitted;
  private final BooleanSupplier draining;

  /**
   * @param catalogue for searches
   * @param submitted called after a change of the queue
   * @param draining whether the service is stopping
   */
  RunRoutes(
      Runs runs,
      RunFiles files,
      LiveRuns live,
      RunCatalogue catalogue,
      Registry registry,
      SubmissionRules rules,
      Runnable submitted,
      BooleanSupplier draining) {
    this.runs = runs;
    this.registry = registry;
    this.files = files;
    this.live = live;
    this.catalogue = catalogue;
    this.rules = rules;
    this.submitted = submitted;
    this.draining = draining;
  }

  List<Route> routes() {
    String all = Api.ROOT + "/runs";
    String one = Api.RUN;
    return List.of(
        new Route(HandlerType.POST, all, Access.SUBMIT, Body.CONFIGURATION, this::submit)
            .with("name", "priority", "init_from", "fork"),
        new Route(HandlerType.GET, all, Access.READ, this::list)
            .with("state", "archived", "q", "sort", "limit", "after"),
        new Route(HandlerType.GET, one, Access.READ, this::show),
        new Route(HandlerType.DELETE, one, Access.ADMIN, this::delete),
        new Route(HandlerType.PUT, one + "/labels", Access.SUBMIT, this::label),
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
              : submit(context, submission(context, text(body), caller, key), request));
    } catch (ConfigurationException e) {
      throw ApiProblem.of(e);
    } catch (IdempotencyException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, e.getMessage());
    } catch (RegistryException e) { // it was deleted meanwhile
      throw noStart(e);
    }
  }

  private Submitted submit(Context context, Submission submission, String request) {
    String fork = context.queryParam("fork");
    if (fork == null) {
      return runs.submit(submission, request);
    }
    Matcher words = FORK.matcher(fork);
    if (!words.matches() || submission.initFrom() != null) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT,
          "fork='%s': must be ID@ITERATION, a run and one of its checkpoints, without init_from"
              .formatted(fork));
    }
    String id = words.group(1);
    long iteration = Long.parseLong(words.group(2));
    RunDirectory source =
        runs.find(id).map(files::newest).orElseThrow(() -> noCheckpoint(id, iteration));
    String newId = Runs.newId(submission);
    try {
      files.keep(source, iteration, newId);
      Submitted submitted = runs.fork(submission, request, fork, newId);
      if (submitted.created()) {
        files.forked(newId);
      } else {
        files.notForked(newId); // a concurrent request with the same key was first
      }
      return submitted;
    } catch (DatabaseException e) {
      throw e; // the row may have been stored
    } catch (RuntimeException e) {
      files.notForked(newId);
      throw e.getCause() instanceof NoSuchFileException ? noCheckpoint(id, iteration) : e;
    }
  }

  private static ApiProblem noCheckpoint(String run, long iteration) {
    return new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT,
        "fork: %s has no checkpoint of iteration %d (any more): see %s/runs/%1$s/checkpoints"
            .formatted(run, iteration, Api.ROOT));
  }

  static String digest(String query, byte[] body) {
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
    SubmittedConfiguration configuration = rules.read(text, source(context)).requireNewName();
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
          "init_from='%s': must be registry:NAME or registry:NAME@VERSION, such as registry:shakespeare@champion"
              .formatted(reference));
    }
    try {
      ModelVersion version =
          registry.version(words.group(1), words.group(2) == null ? "champion" : words.group(2));
      registry.directory(version);
      return Optional.of(version);
    } catch (RegistryException e) {
      throw noStart(e);
    }
  }

  private static ApiProblem noStart(RegistryException e) {
    return new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, "init_from: " + e.getMessage());
  }

  /** File name for messages, and the default name of the run. */
  static String source(Context context) {
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

  /** The configuration in the body of a request. */
  static String text(Context context) {
    return text(RequestBody.read(context, CONFIGURATION_BYTES));
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
    boolean archived = truth(context, "archived");
    String query = context.queryParam("q");
    String sort = context.queryParam("sort");
    ResultPage<Run> page =
        query == null && sort == null
            ? ResultPage.of(
                context, (before, limit) -> runs.list(state, archived, before, limit), Run::number)
            : ResultPage.of(context, found(state, archived, query, sort), Run::number);
    ObjectNode node = page.json("runs", run -> RunJson.listed(run, live));
    ObjectNode counts = node.putObject("counts");
    runs.counts().forEach((each, count) -> counts.put(each.word(), count));
    ApiJson.answer(context, HttpStatus.OK, node);
  }

  /** Runs that a query finds, in the order asked for. */
  private ResultPage.Source<Run> found(
      RunState state, boolean archived, String query, String sort) {
    if (query != null && query.length() > RunQuery.MOST_CHARACTERS) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT,
          "q: must have at most %d characters".formatted(RunQuery.MOST_CHARACTERS));
    }
    List<Run> found;
    try {
      found =
          catalogue.find(
              RunQuery.parse(query == null ? "" : query),
              state,
              archived,
              sort == null ? "-" + RunCatalogue.NUMBER : sort);
    } catch (IllegalArgumentException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, e.getMessage());
    }
    return (after, limit) ->
        found.stream().skip(after == null ? 0 : 1 + place(found, after)).limit(limit).toList();
  }

  /** The place of the last run of the page before. */
  private static int place(List<Run> found, long number) {
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i).number() == number) {
        return i;
      }
    }
    throw new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT,
        "after='%d': that run is not in the list any more: begin again without after"
            .formatted(number));
  }

  private static boolean truth(Context context, String name) {
    String word = context.queryParam(name);
    if (word == null || word.equals("true") || word.equals("false")) {
      return "true".equals(word);
    }
    throw new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT, "%s='%s': must be true or false".formatted(name, word));
  }

  private void label(Context context) {
    String id = Api.id(context);
    ObjectNode body =
        ApiJson.parse(RequestBody.read(context, LABEL_BYTES), Set.of("tags", "note", "archived"));
    Run run = runs.label(id, before -> labels(body, before)).orElseThrow(() -> Api.noRun(id));
    ApiJson.answer(context, HttpStatus.OK, RunJson.run(run, live, runs));
  }

  /** The labels of a body; those that it leaves out are as before. */
  private static Labels labels(ObjectNode body, Labels before) {
    String note =
        ApiJson.text(
            body,
            "note",
            before.note(),
            "(?s).{0,%d}".formatted(Labels.MOST_NOTE_CHARACTERS),
            "text of at most %d characters".formatted(Labels.MOST_NOTE_CHARACTERS));
    return new Labels(
        tags(body, before), note, ScheduleJson.truth(body, "archived", before.archived()));
  }

  static List<String> tags(ObjectNode body, Labels before) {
    if (!body.hasNonNull("tags")) {
      return before.tags();
    }
    Set<String> tags = new LinkedHashSet<>();
    JsonNode given = body.path("tags");
    given.forEach(tag -> tags.add(tag.asText()));
    if (!given.isArray()
        || given.size() > Labels.MOST_TAGS
        || !tags.stream().allMatch(tag -> tag.matches(Labels.TAG_FORM))) {
      throw ApiJson.wrong(
          "tags",
          "a list of at most %d words of letters, digits, '.', '_' and '-', of at most 40 characters"
              .formatted(Labels.MOST_TAGS));
    }
    return List.copyOf(tags);
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
    ObjectNode node = RunJson.run(run, live, runs);
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
