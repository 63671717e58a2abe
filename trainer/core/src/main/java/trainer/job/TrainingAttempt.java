package trainer.job;

import trainer.cli.Console;
import trainer.cli.ProgressListener;
import trainer.cli.Summary;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.optimize.api.TrainingListener;
import trainer.config.Configuration;
import trainer.network.CharacterNetwork;
import trainer.run.Events;
import trainer.run.LossCurve;
import trainer.run.LossCurve.Yardstick;
import trainer.run.Metrics;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.run.SamplesFile;
import trainer.sampling.TextGenerator;
import trainer.training.DivergenceException;
import trainer.training.DivergenceListener;
import trainer.training.EvaluationListener;
import trainer.training.Evaluator;
import trainer.training.StopSignal;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/** Training from one state to the end, until it is stopped, or until it diverges. */
final class TrainingAttempt {
  /** Rows of metrics.csv between two evaluations. */
  private static final int REPORTS_PER_EVALUATION = 10;

  private final Configuration configuration;
  private final StopSignal stop;
  private final TrainingText text;
  private final CharacterNetwork network;
  private final TrainingState state;
  private final RunLock run;
  private final Events events;
  private final CheckpointListener checkpoints;
  private final ProgressListener progress;
  private final TrainingLoop loop;

  /**
   * A pass that writes into a run directory, as long as that is this trainer's.
   *
   * @param network as it was when the state was
   * @param texts what every checkpoint carries along
   */
  TrainingAttempt(
      TrainingJob job,
      TrainingText text,
      CharacterNetwork network,
      TrainingState state,
      RunLock run,
      CheckpointListener.Texts texts,
      Metrics metrics,
      Events events,
      SamplesFile samples) {
    this.configuration = job.configuration();
    this.stop = job.stop();
    this.text = text;
    this.network = network;
    this.state = state;
    this.run = run;
    this.events = events;
    this.checkpoints =
        new CheckpointListener(
            run, configuration.checkpoints(), network, state, metrics, events, texts);
    this.progress = new ProgressListener(state, configuration.training().epochs(), iterations());
    this.loop =
        new TrainingLoop(network, text.training(), state, stop, listeners(metrics, samples));
  }

  /** Updates of the whole run. */
  long iterations() {
    return TrainingLoop.iterations(configuration.training(), text.training().segments());
  }

  /** What happens after each update, in this order. */
  private List<TrainingListener> listeners(Metrics metrics, SamplesFile samples) {
    int evaluateEvery = configuration.evaluation().everyIterations();
    int reportEvery = Math.max(1, evaluateEvery / REPORTS_PER_EVALUATION);
    return List.of(
        new DivergenceListener(state, network.vocabularySize()),
        new EvaluationListener(
            state,
            new Evaluator(network.engine(), text.validation()),
            evaluateEvery,
            configuration.training().earlyStopping(),
            stop),
        new FullDiskListener(
            List.of(
                new SampleListener(
                    run,
                    state,
                    new TextGenerator(network.engine(), text.corpus().vocabulary()),
                    configuration.samples(),
                    configuration.seed(),
                    samples,
                    stop),
                new RecordListener(run, state, metrics, events, curve(), reportEvery),
                checkpoints),
            Console::line),
        progress);
  }

  private LossCurve curve() {
    return new LossCurve(
        configuration.name(),
        Summary.network(network),
        List.of(
            new Yardstick("bigrams", text.baselines().bigram()),
            new Yardstick("trigrams", text.baselines().trigram())),
        Console::line);
  }

  /**
   * Trains.
   *
   * @return where training is to go on from, if it diverged
   */
  Optional<TrainingStart> run() {
    try {
      return train();
    } catch (RuntimeException | Error e) {
      if (run.isHeld()) {
        keepRecord(e);
      }
      throw e;
    }
  }

  private Optional<TrainingStart> train() {
    try {
      try (progress) {
        progress.start();
        loop.run();
      }
      if (stop.requested()) {
        leaveCheckpoint();
      } else {
        leaveModel();
      }
      return Optional.empty();
    } catch (DivergenceException e) {
      DivergenceRecovery rollback = new DivergenceRecovery(run.directory(), configuration.checkpoints());
      return Optional.of(rollback.after(e, state, events));
    }
  }

  /** Keeps a record of what went wrong, if it can be written: what went wrong comes first. */
  private void keepRecord(Throwable failure) {
    try {
      events.append(
          "failed", state.iteration(), Map.of("reason", String.valueOf(failure.getMessage())));
    } catch (RunException e) {
      failure.addSuppressed(e);
    }
  }

  private void leaveCheckpoint() {
    checkpoints.write();
    double seconds = stop.seconds();
    events.appendIfThereIsSpace(
        "stopped", state.iteration(), Map.of("reason", stop.reason(), "seconds", seconds));
    String where =
        state.iteration() == 0
            ? "before the first iteration"
            : "at iteration %,d".formatted(state.iteration());
    Console.line(
        String.format(
            Locale.ROOT,
            "stopped %s, %.1f s after %s; the same command goes on from here",
            where,
            seconds,
            stop.reason()));
  }

  private void leaveModel() {
    checkpoints.write(); // unless it is there, as where the disk was not full
    checkpoints.writeModel();
    events.appendIfThereIsSpace("finished", state.iteration(), Map.of("reason", state.finished()));
    Summary.finished(state, run.directory()).forEach(Console::line);
  }
}
