package trainer.service.schedule;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.file.Sha256;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.SubmittedConfiguration;
import trainer.service.registry.Alias;
import trainer.service.registry.Champions;
import trainer.service.registry.Decision;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryException;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunState;
import trainer.service.runs.Runs;
import trainer.service.schedule.ModelEvaluation.Score;
import trainer.service.schedule.SchedulePlan.Start;
import trainer.service.schedule.TriggerRuns.Inputs;
import trainer.text.Corpus;

/**
 * What a trigger run does: before its run, whether there is anything new to train; after it,
 * whether the challenger becomes the champion.
 */
final class Retraining {
  private static final Logger LOG = LoggerFactory.getLogger(Retraining.class);
  private static final int TEST_PART = 2;

  private final TriggerRuns triggerRuns;
  private final Runs runs;
  private final RunFiles files;
  private final Registry registry;
  private final Champions champions;
  private final DatasetRoots roots;
  private final ModelEvaluation evaluation;

  Retraining(
      TriggerRuns triggerRuns,
      Runs runs,
      RunFiles files,
      Registry registry,
      Champions champions,
      DatasetRoots roots,
      ModelEvaluation evaluation) {
    this.triggerRuns = triggerRuns;
    this.runs = runs;
    this.files = files;
    this.registry = registry;
    this.champions = champions;
    this.roots = roots;
    this.evaluation = evaluation;
  }

  /**
   * Submits the run of a trigger run, unless text and configuration are those of the last result.
   */
  void prepare(TriggerRun triggerRun, Schedule schedule, BooleanSupplier cancelled) {
    SchedulePlan plan = schedule.plan();
    SubmittedConfiguration configuration = plan.confined(roots);
    Configuration read = ConfigurationLoader.parse(configuration.yaml(), plan.name(), List.of());
    Inputs inputs = new Inputs(Corpus.sha256(read.data(), cancelled), sha256(configuration.yaml()));
    Optional<Inputs> last = triggerRuns.lastInputs(schedule);
    if (plan.skipUnchanged() && !triggerRun.forced() && last.equals(Optional.of(inputs))) {
      String reason =
          "text and configuration are those of the last result (SHA-256 of the text %s)"
              .formatted(inputs.corpusSha256());
      triggerRuns.end(triggerRun, TriggerRunState.SKIPPED, reason, null, null, connection -> {});
      return;
    }
    Optional<ModelVersion> start =
        plan.start() == Start.CHAMPION
            ? registry.find(plan.model(), Alias.CHAMPION)
            : Optional.empty();
    triggerRuns.train(
        triggerRun,
        configuration.submission(
            plan.priority(),
            by(schedule),
            "firing " + triggerRun.number(),
            start.map(ModelVersion::reference).orElse(null),
            start.map(version -> registry.directory(version).path()).orElse(null)),
        inputs);
  }

  private static String sha256(String text) {
    return HexFormat.of().formatHex(Sha256.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String by(Schedule schedule) {
    return "schedule " + schedule.plan().name();
  }

  /** Registers what came of a trigger run's run, and promotes it if it is better. */
  void conclude(TriggerRun triggerRun, Schedule schedule) {
    Optional<Run> run = runs.find(triggerRun.run());
    if (run.isEmpty() || run.get().state() != RunState.SUCCEEDED) {
      String reason =
          run.isEmpty()
              ? "its run %s was deleted".formatted(triggerRun.run())
              : "its run %s is %s: %s"
                  .formatted(triggerRun.run(), run.get().state().word(), run.get().reason());
      triggerRuns.end(triggerRun, TriggerRunState.FAILED, reason, null, null, connection -> {});
      return;
    }
    String model = schedule.plan().model();
    ModelVersion challenger =
        registry.register(model, files.newest(run.get()), triggerRun.run(), by(schedule));
    Optional<ModelVersion> champion = registry.find(model, Alias.CHAMPION);
    if (champion.isEmpty()) {
      promote(triggerRun, schedule, challenger, 0, "there was no champion", null);
    } else if (champion.get().version() == challenger.version()) {
      String reason = "it was promoted by hand before it was measured";
      triggerRuns.end(
          triggerRun,
          TriggerRunState.PROMOTED,
          reason,
          challenger.version(),
          null,
          connection -> {});
    } else {
      compare(triggerRun, schedule, champion.get(), challenger);
    }
    registry.prune(model, schedule.plan().keep());
  }

  private void compare(
      TriggerRun triggerRun, Schedule schedule, ModelVersion champion, ModelVersion challenger) {
    SchedulePlan plan = schedule.plan();
    Score before;
    Score after;
    try {
      String text = text(plan, challenger);
      after = measure(challenger, challenger, text);
      before = measure(champion, challenger, text);
    } catch (ModelEvaluation.FailedException e) {
      if (evaluation.isClosed()) {
        throw e;
      }
      triggerRuns.end(
          triggerRun,
          TriggerRunState.FAILED,
          e.getMessage(),
          challenger.version(),
          null,
          connection -> {});
      return;
    }
    String figures = figures(plan, champion, before, challenger, after);
    double better = before.loss() - after.loss();
    String compared =
        String.format(
            Locale.ROOT,
            "on '%s', version %d has %.4f nats per character; the champion, version %d, has %.4f",
            after.text(),
            challenger.version(),
            after.loss(),
            champion.version(),
            before.loss());
    if (better > plan.margin()) {
      promote(triggerRun, schedule, challenger, champion.version(), compared, figures);
    } else {
      String reason = "%s: not better by more than %s nats".formatted(compared, plan.margin());
      Decision decision =
          new Decision(plan.model(), challenger.version(), by(schedule), reason, figures);
      triggerRuns.end(
          triggerRun,
          TriggerRunState.KEPT,
          reason,
          challenger.version(),
          figures,
          connection -> champions.keep(connection, decision));
    }
  }

  private Score measure(ModelVersion version, ModelVersion like, String text) {
    try {
      return evaluation.of(registry.directory(version), registry.directory(like), text);
    } catch (ModelEvaluation.FailedException e) {
      throw new ModelEvaluation.FailedException(
          "%s cannot be measured: %s".formatted(version.reference(), e.getMessage()));
    }
  }

  /** What both are measured on, as an option of {@code evaluate}. */
  private String text(SchedulePlan plan, ModelVersion challenger) {
    if (plan.heldOut() != null) {
      return "--corpus=" + roots.resolve(plan.heldOut());
    }
    String yaml =
        runs.configuration(challenger.run())
            .orElseThrow(
                () ->
                    new ModelEvaluation.FailedException(
                        "its run was deleted before it was measured"));
    List<Double> split = ConfigurationLoader.parse(yaml, plan.name(), List.of()).data().split();
    return split.get(TEST_PART) > 0 ? "--split=test" : "--split=validation";
  }

  private static String figures(
      SchedulePlan plan,
      ModelVersion champion,
      Score before,
      ModelVersion challenger,
      Score after) {
    ObjectNode node = new JsonMapper().createObjectNode();
    node.put("text", after.text());
    node.put("margin", plan.margin());
    put(node.putObject("champion"), champion, before);
    put(node.putObject("challenger"), challenger, after);
    return node.toString();
  }

  private static void put(ObjectNode node, ModelVersion version, Score score) {
    node.put("version", version.version());
    if (Double.isFinite(score.loss())) {
      node.put("nats_per_character", score.loss());
    } else {
      node.putNull("nats_per_character");
    }
    node.put("characters", score.characters());
  }

  private void promote(
      TriggerRun triggerRun,
      Schedule schedule,
      ModelVersion challenger,
      int champion,
      String reason,
      String figures) {
    Decision decision =
        new Decision(schedule.plan().model(), challenger.version(), by(schedule), reason, figures);
    try {
      triggerRuns.end(
          triggerRun,
          TriggerRunState.PROMOTED,
          reason,
          challenger.version(),
          figures,
          connection -> champions.promote(connection, decision, champion));
    } catch (RegistryException e) {
      // Another champion was made in the meantime: to be measured against that one.
      LOG.info("{}: {}", by(schedule), e.getMessage());
      triggerRuns.release(triggerRun);
    }
  }
}
