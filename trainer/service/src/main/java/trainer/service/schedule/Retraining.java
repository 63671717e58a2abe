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
import trainer.service.schedule.Firings.Inputs;
import trainer.service.schedule.Measurement.Score;
import trainer.service.schedule.SchedulePlan.Start;
import trainer.text.Corpus;

/**
 * What a firing does: before its run, whether there is anything new to train; after it, whether the
 * challenger becomes the champion.
 */
final class Retraining {
  private static final Logger LOG = LoggerFactory.getLogger(Retraining.class);
  private static final int TEST_PART = 2;

  private final Firings firings;
  private final Runs runs;
  private final RunFiles files;
  private final Registry registry;
  private final Champions champions;
  private final DatasetRoots roots;
  private final Measurement measurement;

  Retraining(
      Firings firings,
      Runs runs,
      RunFiles files,
      Registry registry,
      Champions champions,
      DatasetRoots roots,
      Measurement measurement) {
    this.firings = firings;
    this.runs = runs;
    this.files = files;
    this.registry = registry;
    this.champions = champions;
    this.roots = roots;
    this.measurement = measurement;
  }

  /** Submits the run of a firing, unless text and configuration are those of the last result. */
  void prepare(Firing firing, Schedule schedule, BooleanSupplier cancelled) {
    SchedulePlan plan = schedule.plan();
    SubmittedConfiguration configuration = plan.confined(roots);
    Configuration read = ConfigurationLoader.parse(configuration.yaml(), plan.name(), List.of());
    Inputs inputs = new Inputs(Corpus.sha256(read.data(), cancelled), sha256(configuration.yaml()));
    Optional<Inputs> last = firings.lastInputs(schedule);
    if (plan.skipUnchanged() && !firing.forced() && last.equals(Optional.of(inputs))) {
      String reason =
          "text and configuration are those of the last result (SHA-256 of the text %s)"
              .formatted(inputs.corpusSha256());
      firings.end(firing, FiringState.SKIPPED, reason, null, null, connection -> {});
      return;
    }
    Optional<ModelVersion> start =
        plan.start() == Start.CHAMPION
            ? registry.find(plan.model(), Alias.CHAMPION)
            : Optional.empty();
    firings.train(
        firing,
        configuration.submission(
            plan.priority(),
            by(schedule),
            "firing " + firing.number(),
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

  /** Registers what came of a firing's run, and promotes it if it is better. */
  void conclude(Firing firing, Schedule schedule) {
    Optional<Run> run = runs.find(firing.run());
    if (run.isEmpty() || run.get().state() != RunState.SUCCEEDED) {
      String reason =
          run.isEmpty()
              ? "its run %s was deleted".formatted(firing.run())
              : "its run %s is %s: %s"
                  .formatted(firing.run(), run.get().state().word(), run.get().reason());
      firings.end(firing, FiringState.FAILED, reason, null, null, connection -> {});
      return;
    }
    String model = schedule.plan().model();
    ModelVersion challenger =
        registry.register(model, files.newest(run.get()), firing.run(), by(schedule));
    Optional<ModelVersion> champion = registry.find(model, Alias.CHAMPION);
    if (champion.isEmpty()) {
      promote(firing, schedule, challenger, 0, "there was no champion", null);
    } else if (champion.get().version() == challenger.version()) {
      String reason = "it was promoted by hand before it was measured";
      firings.end(
          firing, FiringState.PROMOTED, reason, challenger.version(), null, connection -> {});
    } else {
      compare(firing, schedule, champion.get(), challenger);
    }
    registry.prune(model, schedule.plan().keep());
  }

  private void compare(
      Firing firing, Schedule schedule, ModelVersion champion, ModelVersion challenger) {
    SchedulePlan plan = schedule.plan();
    Score before;
    Score after;
    try {
      String text = text(plan, challenger);
      after = measure(challenger, challenger, text);
      before = measure(champion, challenger, text);
    } catch (Measurement.FailedException e) {
      if (measurement.isClosed()) {
        throw e;
      }
      firings.end(
          firing, FiringState.FAILED, e.getMessage(), challenger.version(), null, connection -> {});
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
      promote(firing, schedule, challenger, champion.version(), compared, figures);
    } else {
      String reason = "%s: not better by more than %s nats".formatted(compared, plan.margin());
      Decision decision =
          new Decision(plan.model(), challenger.version(), by(schedule), reason, figures);
      firings.end(
          firing,
          FiringState.KEPT,
          reason,
          challenger.version(),
          figures,
          connection -> champions.keep(connection, decision));
    }
  }

  private Score measure(ModelVersion version, ModelVersion like, String text) {
    try {
      return measurement.of(registry.directory(version), registry.directory(like), text);
    } catch (Measurement.FailedException e) {
      throw new Measurement.FailedException(
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
                    new Measurement.FailedException("its run was deleted before it was measured"));
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
      Firing firing,
      Schedule schedule,
      ModelVersion challenger,
      int champion,
      String reason,
      String figures) {
    Decision decision =
        new Decision(schedule.plan().model(), challenger.version(), by(schedule), reason, figures);
    try {
      firings.end(
          firing,
          FiringState.PROMOTED,
          reason,
          challenger.version(),
          figures,
          connection -> champions.promote(connection, decision, champion));
    } catch (RegistryException e) {
      // Another champion was made in the meantime: to be measured against that one.
      LOG.info("{}: {}", by(schedule), e.getMessage());
      firings.release(firing);
    }
  }
}
