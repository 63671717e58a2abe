package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import trainer.config.ConfigurationException;
import trainer.config.Training;
import trainer.run.MetricsRow;
import trainer.run.RunException;
import trainer.service.datasets.SubmissionRules;
import trainer.service.datasets.SubmittedConfiguration;
import trainer.service.live.Downsampling;
import trainer.service.live.LiveRuns;
import trainer.service.live.Recent;
import trainer.service.runs.IdempotencyException;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunStateException;
import trainer.service.runs.Runs;
import trainer.service.runs.Submission;
import trainer.service.sweep.Sweep;
import trainer.service.sweep.SweepRunner;
import trainer.service.sweep.Sweeps;
import trainer.service.sweep.Sweeps.Submitted;
import trainer.service.sweep.Trial;
import trainer.trial.Halving;
import trainer.trial.Variation;

/** Submits, lists, shows, cancels and deletes sweeps. */
final class SweepRoutes {
  private static final int BODY_BYTES = 300 * 1024;
  private static final int MOST_CURVES = 50; // of the best trials
  private static final int CURVE_POINTS = 100;

  private final Sweeps sweeps;
  private final Runs runs;
  private final RunFiles files;
  private final LiveRuns live;
  private final SubmissionRules rules;
  private final Runnable changed;
  private final BooleanSupplier draining;
  private final Recent<Sweep, byte[]> curves =
      new Recent<>(4 * LiveRuns.RECENT_MILLISECONDS, MOST_CURVES);

  /**
   * @param changed called after a change of the queue
   * @param draining whether the service is stopping
   */
  SweepRoutes(
      Sweeps sweeps,
      Runs runs,
      RunFiles files,
      LiveRuns live,
      SubmissionRules rules,
      Runnable changed,
      BooleanSupplier draining) {
    this.sweeps = sweeps;
    this.runs = runs;
    this.files = files;
    this.live = live;
    this.rules = rules;
    this.changed = changed;
    this.draining = draining;
  }

  List<Route> routes() {
    String all = Api.ROOT + "/sweeps";
    String one = all + "/{id}";
    return List.of(
        new Route(HandlerType.POST, all, Access.SUBMIT, this::submit),
        new Route(HandlerType.GET, all, Access.READ, this::list).with("limit", "after"),
        new Route(HandlerType.GET, one, Access.READ, this::show),
        new Route(HandlerType.GET, one + "/curves", Access.READ, this::curves),
        new Route(HandlerType.POST, one + "/cancel", Access.SUBMIT, this::cancel),
        new Route(HandlerType.DELETE, one, Access.ADMIN, this::delete));
  }

  private static ApiProblem noSweep(String id) {
    return new ApiProblem(HttpStatus.NOT_FOUND, "there is no sweep '%s'".formatted(id));
  }

  private static String id(Context context) {
    String id = context.pathParam("id");
    if (!id.matches(Sweep.ID_FORM)) {
      throw noSweep(id);
    }
    return id;
  }

  private Sweep sweep(Context context) {
    String id = id(context);
    return sweeps.find(id).orElseThrow(() -> noSweep(id));
  }

  private void submit(Context context) {
    String key = Api.idempotencyKey(context);
    byte[] body = RequestBody.read(context, BODY_BYTES);
    String caller = Guard.caller(context).name();
    String digest = RunRoutes.digest(context.queryString(), body);
    try {
      Optional<Sweep> earlier =
          key == null ? Optional.empty() : sweeps.submitted(caller, key, digest);
      Submitted result =
          earlier.isPresent()
              ? new Submitted(earlier.get(), false)
              : sweeps.submit(request(body, caller, key, digest));
      changed.run();
      context.header("Location", Api.ROOT + "/sweeps/" + result.sweep().id());
      ApiJson.answer(
          context, result.created() ? HttpStatus.CREATED : HttpStatus.OK, whole(result.sweep()));
    } catch (IdempotencyException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, e.getMessage());
    }
  }

  private Sweeps.Request request(byte[] body, String caller, String key, String digest) {
    if (draining.getAsBoolean()) {
      throw ApiProblem.busy("the service is stopping: submit again later", 30);
    }
    SweepJson.Body wanted = SweepJson.body(body);
    try {
      SubmittedConfiguration base =
          rules.read(wanted.plan().configuration(), wanted.source()).requireNewName();
      List<Variation> variations =
          wanted.plan().variations().stream().map(Variation::parse).toList();
      requireDifferentKeys(variations);
      List<List<String>> settings =
          Variation.trials(
              variations, wanted.plan().drawn(), wanted.plan().seed(), Sweeps.MOST_TRIALS);
      requireDifferent(settings);
      List<SubmittedConfiguration> trials = new ArrayList<>();
      for (int i = 0; i < settings.size(); i++) {
        trials.add(trial(wanted, base.name() + "-" + (i + 1), settings.get(i)));
      }
      Integer iterations = null;
      if (wanted.plan().halving() > 1) {
        List<Training> trainings = trials.stream().map(SubmittedConfiguration::training).toList();
        Halving.check(trainings);
        iterations = trainings.get(0).maxIterations();
      }
      List<Submission> submissions =
          trials.stream()
              .map(trial -> trial.submission(wanted.priority(), caller, null, null, null))
              .toList();
      return new Sweeps.Request(
          wanted.planOf(base.name()),
          iterations,
          settings,
          submissions,
          wanted.tags(),
          caller,
          key,
          digest);
    } catch (ConfigurationException e) {
      throw ApiProblem.of(e);
    } catch (RunException e) { // in the words of the command
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, SweepJson.fields(e.getMessage()));
    }
  }

  private static void requireDifferentKeys(List<Variation> variations) {
    Set<String> keys = new HashSet<>();
    for (Variation variation : variations) {
      if (!keys.add(variation.key())) {
        throw new RunException(
            "--vary %s: is given twice: list all its values in one".formatted(variation.key()));
      }
    }
  }

  private static void requireDifferent(List<List<String>> settings) {
    Set<List<String>> seen = new HashSet<>();
    for (List<String> each : settings) {
      if (!seen.add(each)) {
        throw new RunException(
            "--vary: two trials are the same, %s: give each value once"
                .formatted(String.join(" ", each)));
      }
    }
  }

  private SubmittedConfiguration trial(SweepJson.Body wanted, String name, List<String> settings) {
    List<String> overrides = new ArrayList<>(settings);
    overrides.add("name='%s'".formatted(name));
    try {
      return rules.read(wanted.plan().configuration(), wanted.source(), overrides).requireNewName();
    } catch (ConfigurationException e) {
      throw ApiProblem.of(e, SweepJson.fields(e.getMessage().replace("--set ", "--vary ")));
    }
  }

  private void list(Context context) {
    ResultPage<Sweep> page = ResultPage.of(context, sweeps::list, Sweep::number);
    ApiJson.answer(context, HttpStatus.OK, page.json("sweeps", this::listed));
  }

  private ObjectNode listed(Sweep sweep) {
    Map<String, Run> found =
        sweep.state() == Sweep.State.RUNNING ? sweeps.runs(sweep) : Map.of(); // else not needed
    return SweepJson.sweep(sweep, table(sweep, found), found);
  }

  private void show(Context context) {
    ApiJson.answer(context, HttpStatus.OK, whole(sweep(context)));
  }

  private ObjectNode whole(Sweep sweep) {
    Map<String, Run> found = sweeps.runs(sweep);
    return SweepJson.whole(sweep, table(sweep, found), found);
  }

  /** The trials, the best first, with the figures of now. */
  private List<Trial> table(Sweep sweep, Map<String, Run> found) {
    return sweeps.trials(sweep).stream()
        .map(
            trial ->
                trial.state() == Trial.State.ACTIVE && found.containsKey(trial.run())
                    ? SweepRunner.measured(trial, found.get(trial.run()), live)
                    : trial)
        .sorted(Trial.BEST_FIRST)
        .toList();
  }

  private void curves(Context context) {
    context.result(curves.get(sweep(context), this::writeCurves)).contentType("application/json");
  }

  private byte[] writeCurves(Sweep sweep) {
    Map<String, Run> found = sweeps.runs(sweep);
    ObjectNode node = ApiJson.object();
    ArrayNode list = node.putArray("curves");
    for (Trial trial : table(sweep, found).stream().limit(MOST_CURVES).toList()) {
      Run run = found.get(trial.run());
      if (run != null && run.attempt() > 0) {
        List<MetricsRow> rows =
            Downsampling.of(
                live.now(run).metrics().stream()
                    .filter(row -> row.validationLoss() != null)
                    .toList(),
                CURVE_POINTS);
        ObjectNode curve = list.addObject().put("trial", trial.number());
        curve.set("iteration", RunJson.column(rows, row -> (double) row.iteration()));
        curve.set("validation_loss", RunJson.column(rows, MetricsRow::validationLoss));
      }
    }
    return ApiJson.bytes(node);
  }

  private void cancel(Context context) {
    String id = id(context);
    try {
      Sweep sweep = sweeps.cancel(id).orElseThrow(() -> noSweep(id));
      changed.run();
      ApiJson.answer(context, HttpStatus.ACCEPTED, whole(sweep));
    } catch (RunStateException e) {
      throw new ApiProblem(HttpStatus.CONFLICT, e.getMessage());
    }
  }

  private void delete(Context context) throws IOException {
    Sweep sweep = sweep(context);
    try {
      sweeps.delete(sweep, files::setAside);
    } catch (RunStateException e) {
      throw new ApiProblem(HttpStatus.CONFLICT, e.getMessage());
    } finally {
      files.finishDeleting(runs::isKept);
    }
    context.status(HttpStatus.NO_CONTENT);
  }
}
