package trainer.job;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import trainer.cluster.WorkersLostException;
import trainer.config.Configuration;
import trainer.datavec.CharacterIterator;
import trainer.file.FileException;
import trainer.network.CharacterNetwork;
import trainer.run.LossCurve;
import trainer.run.LossCurve.Baseline;
import trainer.run.Metrics;
import trainer.run.RunLock;
import trainer.sampling.TextGenerator;
import trainer.training.DivergenceException;
import trainer.training.DivergenceListener;
import trainer.training.EvaluationListener;
import trainer.training.Evaluator;
import trainer.training.Phase;
import trainer.training.Progress;
import trainer.training.StopSignal;
import trainer.training.TrainingListener;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/** Trains from one state until the run is complete, stopped or diverges. */
final class TrainingAttempt {
  /** Rows of metrics.csv per evaluation interval. */
  private static final int REPORTS_PER_EVALUATION = 10;

  private final TrainingPlan plan;
  private final Configuration configuration;
  private final TrainingState state;
  private final RunLock run;
  private final RunRecords records;
  private final CheckpointListener checkpoints;
  private final JobReporter reporter;
  private final StopSignal stop;
  private final RecordListener rows;
  private final TrainingLoop loop;
  private Progress result; // as in model.zip; null: the run was stopped

  /**
   * @param run the directory to write to, locked
   * @param texts contained in every checkpoint
   * @param others the caller's listeners
   */
  TrainingAttempt(
      TrainingPlan plan,
      RunLock run,
      RunRecords records,
      CheckpointListener.Texts texts,
      List<TrainingListener> others,
      JobReporter reporter,
      StopSignal stop) {
    this.plan = plan;
    this.configuration = plan.configuration();
    this.state = plan.state();
    this.run = run;
    this.records = records;
    this.reporter = reporter;
    this.stop = stop;
    this.checkpoints =
        new CheckpointListener(
            run,
            configuration.checkpoints(),
            plan.network(),
            state,
            records.metrics(),
            records.events(),
            texts,
            reporter);
    this.rows =
        new RecordListener(
            run,
            state,
            records,
            plan.network(),
            curve(),
            Math.max(1, configuration.evaluation().everyIterations() / REPORTS_PER_EVALUATION));
    this.loop =
        new TrainingLoop(
            plan.network(),
            new CharacterIterator(plan.text().training()),
            state,
            stop,
            Stream.concat(listeners().stream(), others.stream()).toList());
  }

  /** The run's own listeners, in the order they are called. */
  private List<TrainingListener> listeners() {
    CharacterNetwork network = plan.network();
    int evaluateEvery = configuration.evaluation().everyIterations();
    return List.of(
        new DivergenceListener(network.vocabularySize()),
        new EvaluationListener(
            new Evaluator(network.engine(), plan.text().validation()),
            evaluateEvery,
            configuration.training().earlyStopping(),
            stop,
            evaluated -> reporter.phase(Phase.VALIDATING, evaluated)),
        new FullDiskListener(
            List.of(
                new SampleListener(
                    run,
                    new TextGenerator(network.engine(), plan.text().corpus().vocabulary()),
                    configuration,
                    records,
                    reporter,
                    stop),
                rows,
                checkpoints),
            reporter::message),
        reporter);
  }

  private LossCurve curve() {
    return new LossCurve(
        configuration.name(),
        plan.network().describe(),
        List.of(
            new Baseline("bigrams", plan.text().baselines().bigram()),
            new Baseline("trigrams", plan.text().baselines().trigram())),
        reporter::message);
  }

  /**
   * Trains.
   *
   * @return where training restarts, if it diverged
   */
  Optional<TrainingStart> run() {
    try {
      return train();
    } catch (WorkersLostException e) {
      throw e; // the job may recover
    } catch (RuntimeException | Error e) {
      if (run.isHeld()) {
        keepRecord(e);
      }
      throw e;
    }
  }

  private Optional<TrainingStart> train() {
    try {
      try {
        loop.run();
      } finally {
        reporter.ended();
      }
      if (stop.requested()) {
        leaveCheckpoint();
        records.ended(MlFlow.Status.KILLED);
      } else {
        leaveModel();
        records.ended(MlFlow.Status.FINISHED);
      }
      return Optional.empty();
    } catch (DivergenceException e) {
      DivergenceRecovery recovery =
          new DivergenceRecovery(run.directory(), configuration, reporter);
      return Optional.of(recovery.after(e, state, records.events()));
    }
  }

  /** How training ended, once {@link #run} has returned without a restart. */
  TrainingResult result() {
    boolean stopped = result == null; // a stop may be requested after the model was written
    return new TrainingResult(
        run.directory(),
        stopped ? TrainingResult.Outcome.STOPPED : TrainingResult.Outcome.FINISHED,
        stopped ? stop.reason() : state.finished(),
        stopped ? state.progress() : result,
        Metrics.speed(records.metrics().rows()));
  }

  /** Records the failure as an event if possible; {@code failure} itself takes precedence. */
  private void keepRecord(Throwable failure) {
    records.ended(MlFlow.Status.FAILED);
    try {
      records
          .events()
          .append(
              "failed", state.iteration(), Map.of("reason", String.valueOf(failure.getMessage())));
    } catch (FileException e) {
      failure.addSuppressed(e);
    }
  }

  private void leaveCheckpoint() {
    checkpoints.write();
    rows.draw();
    double seconds = stop.seconds();
    records
        .events()
        .appendIfThereIsSpace(
            "stopped", state.iteration(), Map.of("reason", stop.reason(), "seconds", seconds));
    String where =
        state.iteration() == 0
            ? "before the first iteration"
            : String.format(Locale.ROOT, "at iteration %,d", state.iteration());
    reporter.message(
        String.format(
            Locale.ROOT,
            "stopped %s, %.1f s after %s; the same command resumes from here",
            where,
            seconds,
            stop.reason()));
  }

  private void leaveModel() {
    checkpoints.write(); // the last one may be missing if the disk was full
    result = checkpoints.writeModel();
    records
        .events()
        .appendIfThereIsSpace("finished", state.iteration(), Map.of("reason", state.finished()));
  }
}
