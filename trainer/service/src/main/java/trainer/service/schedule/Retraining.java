package trainer.service.schedule;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.config.Data;
import trainer.config.Data.UnknownCharacters;
import trainer.run.RunDirectory;
import trainer.service.datasets.SubmittedConfiguration;
import trainer.service.registry.Alias;
import trainer.service.registry.Decision;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.RegistryException;
import trainer.service.runs.Run;
import trainer.service.runs.RunState;
import trainer.service.schedule.Evaluation.FailedException;
import trainer.service.schedule.Evaluation.Score;
import trainer.service.schedule.SchedulePlan.Start;
import trainer.service.schedule.TriggerRuns.Failure;
import trainer.service.schedule.TriggerRuns.Inputs;
import trainer.text.Corpus;

/** The steps of a trigger run: check for changes, train, evaluate, promote or keep, tidy up. */
final class Retraining {
  private static final Logger LOG = LoggerFactory.getLogger(Retraining.class);
  private static final int TEST_PART = 2;
  private static final int TRIES = 3;
  private static final Duration FIRST_PAUSE = Duration.ofMinutes(10);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(12);
  private static final int DOUBLINGS = 10;

  private final TriggerRuns triggerRuns;
  private final Scheduler.Stores stores;
  private final Evaluation evaluation;

  Retraining(TriggerRuns triggerRuns, Scheduler.Stores stores, Evaluation evaluation) {
    this.triggerRuns = triggerRuns;
    this.stores = stores;
    this.evaluation = evaluation;
  }

  /**
   * Submits the training run, unless text and configuration are unchanged since the last result.
   */
  void prepare(TriggerRun triggerRun, Schedule schedule, BooleanSupplier cancelled) {
    SchedulePlan plan = schedule.plan();
    SubmittedConfiguration configuration = plan.confined(stores.rules());
    Configuration read = ConfigurationLoader.parse(configuration.yaml(), plan.name(), List.of());
    Inputs inputs =
        new Inputs(
            Corpus.sha256(read.data(), stores.rules().roots().confinement(), cancelled),
            plan.inputsSha256(configuration.yaml()));
    Optional<String> nothingNew =
        triggerRun.forced() ? Optional.empty() : nothingNew(schedule, inputs);
    if (nothingNew.isPresent()) {
      triggerRuns.end(triggerRun, TriggerOutcome.skipped(nothingNew.get()));
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
            start
                .filter(version -> keepsVocabulary(read.data()))
                .map(version -> stores.registry().directory(version).path())
                .orElse(null)),
        inputs);
  }

  /** Else new characters of the text are added to the champion's vocabulary. */
  private static boolean keepsVocabulary(Data data) {
    return data.unknown() == UnknownCharacters.REPLACE || data.vocabulary() != null;
  }

  /** Why training would repeat what is known; empty if it would not. */
  private Optional<String> nothingNew(Schedule schedule, Inputs inputs) {
    if (schedule.plan().skipUnchanged() && triggerRuns.isResultOf(schedule, inputs)) {
      return Optional.of(
          "text and configuration are unchanged since the last result (SHA-256 of the text %s)"
              .formatted(inputs.corpusSha256()));
    }
    List<Failure> failures = triggerRuns.failures(schedule, inputs);
    if (failures.isEmpty()) {
      return Optional.empty();
    }
    Failure last = failures.get(0);
    Duration left = pauseAfter(failures.size()).minus(last.age());
    return left.isNegative() || last.age().isNegative() // the clock was set back
        ? Optional.empty()
        : Optional.of(
            ("the same text and configuration failed %d times: the next try is in %d minutes, when"
                    + " they change, or with force; the last reason was: %s")
                .formatted(failures.size(), left.toMinutes() + 1, last.reason()));
  }

  /** 10 minutes, 20, 40 … up to 12 hours, so that a daily schedule tries every day. */
  static Duration pauseAfter(int failures) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
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
      triggerRuns.end(triggerRun, TriggerOutcome.failed(reason));
      return;
    }
    String model = schedule.plan().model();
    RunDirectory trained = stores.files().newest(run.get());
    ModelVersion challenger =
        stores.registry().register(model, trained, triggerRun.run(), by(schedule));
    ModelVersion champion = stores.registry().find(model, Alias.CHAMPION).orElse(null);
    if (champion != null && champion.version() == challenger.version()) {
      String reason = "it was promoted by hand before the evaluation";
      triggerRuns.end(triggerRun, TriggerOutcome.promoted(reason, challenger, null));
      return;
    }
    ModelComparison comparison;
    try {
      comparison = compare(schedule.plan(), champion, challenger, trained);
    } catch (FailedException e) {
      if (e.isTransient() && triggerRun.attempt() < Scheduler.TRIES) {
        throw e;
      }
      triggerRuns.end(triggerRun, TriggerOutcome.failed(e.getMessage(), challenger));
      return;
    }
    decide(triggerRun, schedule, comparison);
    try {
      Files.deleteIfExists(trained.corpus()); // large, and no longer needed
    } catch (IOException e) {
      LOG.warn("run {}: its encoded text cannot be deleted: {}", triggerRun.run(), e.toString());
    }
  }

  private void decide(TriggerRun triggerRun, Schedule schedule, ModelComparison comparison) {
    ModelVersion challenger = comparison.challenger();
    String reason = comparison.reason();
    String figures = comparison.figures();
    Decision decision =
        new Decision(schedule.plan().model(), challenger.version(), by(schedule), reason, figures);
    int champion = comparison.champion() == null ? 0 : comparison.champion().version();
    try {
      if (comparison.promotes()) {
        stores.champions().check(decision.model(), decision.version());
        triggerRuns.end(
            triggerRun,
            TriggerOutcome.promoted(reason, challenger, figures),
            connection -> stores.champions().promote(connection, decision, champion));
      } else {
        triggerRuns.end(
            triggerRun,
            TriggerOutcome.kept(reason, challenger, figures),
            connection -> stores.champions().keep(connection, decision, champion));
      }
    } catch (RegistryException e) {
      // The champion has changed: evaluate again, against the new one.
      throw new FailedException(e.getMessage(), true);
    }
  }

  /** Evaluates both on the same text; a text that changes in between is evaluated again. */
  private ModelComparison compare(
      SchedulePlan plan, ModelVersion champion, ModelVersion challenger, RunDirectory trained) {
    for (int i = 0; i < TRIES; i++) {
      Optional<ModelComparison> comparison =
          plan.heldOut() == null
              ? compare(plan, champion, challenger, trained, split(challenger))
              : compareOnCopy(plan, champion, challenger, trained);
      if (comparison.isPresent()) {
        return comparison.get();
      }
    }
    throw new FailedException(
        ("the text changed between the evaluations of champion and challenger, %d times: name a"
                + " file that rarely changes as held_out")
            .formatted(TRIES),
        false);
  }

  private Optional<ModelComparison> compareOnCopy(
      SchedulePlan plan, ModelVersion champion, ModelVersion challenger, RunDirectory trained) {
    try (HeldOutCopy copy =
        HeldOutCopy.of(plan.heldOut(), stores.rules().roots(), stores.files().root())) {
      Text text = new Text(plan.heldOut(), copy.entry(), "--corpus=" + copy.entry());
      return compare(plan, champion, challenger, trained, text);
    }
  }

  /**
   * A text to evaluate on.
   *
   * @param name of the text for messages
   * @param file that has the text now
   * @param option of {@code evaluate}
   */
  private record Text(String name, String file, String option) {}

  /** Empty if the text has changed in between. */
  private Optional<ModelComparison> compare(
      SchedulePlan plan,
      ModelVersion champion,
      ModelVersion challenger,
      RunDirectory trained,
      Text text) {
    Score after = measure(challenger, trained, text);
    Score before = champion == null ? null : measure(champion, trained, text);
    return before == null || before.isComparableWith(after)
        ? Optional.of(
            new ModelComparison(text.name(), plan.margin(), champion, before, challenger, after))
        : Optional.empty();
  }

  private Score measure(ModelVersion version, RunDirectory like, Text text) {
    try {
      return evaluation.of(stores.registry().checked(version), like, text.option());
    } catch (FailedException e) {
      throw new FailedException(
          "%s cannot be evaluated: %s"
              .formatted(version.reference(), e.getMessage().replace(text.file(), text.name())),
          e.isTransient());
    } catch (RegistryException e) {
      throw new FailedException(e.getMessage(), false);
    }
  }

  /** The part of the challenger's corpus to evaluate on. */
  private Text split(ModelVersion challenger) {
    String yaml =
        stores
            .runs()
            .configuration(challenger.run())
            .orElseThrow(
                () -> new FailedException("its run was deleted before the evaluation", false));
    List<Double> split =
        ConfigurationLoader.parse(yaml, challenger.run(), List.of()).data().split();
    String part = split.get(TEST_PART) > 0 ? "test" : "validation";
    return new Text(part, part, "--split=" + part);
  }

  /** Deletes what is older than the plan keeps. */
  void tidy(Schedule schedule) {
    SchedulePlan plan = schedule.plan();
    try {
      Set<String> champions = stores.registry().runsOfChampions(plan.model());
      List<String> old =
          triggerRuns.endedRuns(schedule).stream()
              .skip(plan.keepRuns())
              .filter(run -> !champions.contains(run))
              .toList();
      for (String id : old) {
        Optional<Run> run = stores.runs().find(id);
        if (run.isPresent()) {
          stores.runs().delete(id, () -> stores.files().setAside(run.get()));
        }
      }
      if (!old.isEmpty()) {
        stores.files().finishDeleting(stores.runs()::isKept);
      }
      if (stores.registry().model(plan.model()).isPresent()) {
        stores.deletions().prune(plan.model(), plan.keep());
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("schedule {}: old files cannot be deleted: {}", plan.name(), e.toString());
    }
  }
}
