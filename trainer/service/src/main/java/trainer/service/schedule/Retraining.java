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
import trainer.service.datasets.SubmittedConfiguration;
import trainer.service.registry.Alias;
import trainer.service.registry.Decision;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.RegistryException;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;
import trainer.service.schedule.ModelEvaluation.Score;
import trainer.service.schedule.SchedulePlan.Start;
import trainer.service.schedule.TriggerRuns.Inputs;
import trainer.text.Corpus;

/** The steps of a trigger run: check for changes, train, evaluate, promote or keep. */
final class Retraining {
  private static final Logger LOG = LoggerFactory.getLogger(Retraining.class);
  private static final int TEST_PART = 2;

  private final TriggerRuns triggerRuns;
  private final Scheduler.Stores stores;
  private final ModelEvaluation evaluation;

  Retraining(TriggerRuns triggerRuns, Scheduler.Stores stores, ModelEvaluation evaluation) {
    this.triggerRuns = triggerRuns;
    this.stores = stores;
    this.evaluation = evaluation;
  }

  /**
   * Submits the training run, unless text and configuration are unchanged since the last result.
   */
  void prepare(TriggerRun triggerRun, Schedule schedule, BooleanSupplier cancelled) {
    SchedulePlan plan = schedule.plan();
    SubmittedConfiguration configuration = plan.confined(stores.roots());
    Configuration read = ConfigurationLoader.parse(configuration.yaml(), plan.name(), List.of());
    Inputs inputs =
        new Inputs(
            Corpus.sha256(read.data(), stores.roots().confinement(), cancelled),
            sha256(configuration.yaml()));
    Optional<Inputs> last = triggerRuns.lastInputs(schedule);
    if (plan.skipUnchanged() && !triggerRun.forced() && last.equals(Optional.of(inputs))) {
      String reason =
          "text and configuration are unchanged since the last result (SHA-256 of the text %s)"
              .formatted(inputs.corpusSha256());
      triggerRuns.end(triggerRun, TriggerOutcome.skipped(reason));
      return;
    }
    Optional<ModelVersion> start =
        plan.start() == Start.CHAMPION
            ? stores.registry().find(plan.model(), Alias.CHAMPION)
            : Optional.empty();
    triggerRuns.train(
        triggerRun,
        configuration.submission(
            plan.priority(),
            by(schedule),
            "firing " + triggerRun.number(), // a stored value: keep the word
            start.map(ModelVersion::reference).orElse(null),
            start.map(version -> stores.registry().directory(version).path()).orElse(null)),
        inputs);
  }

  private static String sha256(String text) {
    return HexFormat.of().formatHex(Sha256.digest().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String by(Schedule schedule) {
    return "schedule " + schedule.plan().name();
  }

  /** Registers the trained model, and promotes it if it is better. */
  void conclude(TriggerRun triggerRun, Schedule schedule) {
    Optional<Run> run = stores.runs().find(triggerRun.run());
    if (run.isEmpty() || run.get().state() != RunState.SUCCEEDED) {
      String reason =
          run.isEmpty()
              ? "its run %s was deleted".formatted(triggerRun.run())
              : "its run %s is %s: %s"
                  .formatted(triggerRun.run(), run.get().state().word(), run.get().reason());
      triggerRuns.end(triggerRun, TriggerOutcome.failed(reason, null));
      return;
    }
    String model = schedule.plan().model();
    ModelVersion challenger =
        stores
            .registry()
            .register(model, stores.files().newest(run.get()), triggerRun.run(), by(schedule));
    Optional<ModelVersion> champion = stores.registry().find(model, Alias.CHAMPION);
    if (champion.isEmpty()) {
      promote(triggerRun, schedule, challenger, 0, "there was no champion", null);
    } else if (champion.get().version() == challenger.version()) {
      String reason = "it was promoted by hand before the evaluation";
      triggerRuns.end(triggerRun, TriggerOutcome.promoted(reason, challenger.version(), null));
    } else {
      compare(triggerRun, schedule, champion.get(), challenger);
    }
    stores.registry().prune(model, schedule.plan().keep());
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
      triggerRuns.end(triggerRun, TriggerOutcome.failed(e.getMessage(), challenger.version()));
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
          TriggerOutcome.kept(reason, challenger.version(), figures),
          connection -> stores.champions().keep(connection, decision));
    }
  }

  private Score measure(ModelVersion version, ModelVersion like, String text) {
    try {
      return evaluation.of(
          stores.registry().directory(version), stores.registry().directory(like), text);
    } catch (ModelEvaluation.FailedException e) {
      throw new ModelEvaluation.FailedException(
          "%s cannot be evaluated: %s".formatted(version.reference(), e.getMessage()));
    }
  }

  /** The evaluation text, as an option of {@code evaluate}. */
  private String text(SchedulePlan plan, ModelVersion challenger) {
    if (plan.heldOut() != null) {
      return "--corpus=" + stores.roots().find(plan.heldOut());
    }
    String yaml =
        stores
            .runs()
            .configuration(challenger.run())
            .orElseThrow(
                () ->
                    new ModelEvaluation.FailedException(
                        "its run was deleted before the evaluation"));
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
          TriggerOutcome.promoted(reason, challenger.version(), figures),
          connection -> stores.champions().promote(connection, decision, champion));
    } catch (RegistryException e) {
      // The champion has changed: evaluate again, against the new one.
      LOG.info("{}: {}", by(schedule), e.getMessage());
      triggerRuns.release(triggerRun);
    }
  }
}
