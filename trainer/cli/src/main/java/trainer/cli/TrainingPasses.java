package trainer.cli;

import trainer.job.ExistingRun;
import trainer.job.RunDescription;
import trainer.job.TrainingAttempt;
import trainer.job.TrainingJob;
import trainer.job.TrainingStart;
import trainer.job.TrainingText;
import trainer.job.WeightSource;

import java.time.Clock;
import java.util.Map;
import trainer.config.Configuration;
import trainer.network.CharacterNetwork;
import trainer.checkpoint.CheckpointFolder;
import trainer.job.CheckpointListener;
import trainer.run.Events;
import trainer.run.Metrics;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.SamplesFile;
import trainer.checkpoint.SavedNetwork;
import trainer.text.Corpus;
import trainer.training.EngineSelection;
import trainer.training.Progress;
import trainer.training.TrainingState;

/**
 * Training on a corpus that is open: one pass from where the run stands and, each time training
 * diverges, another from an earlier checkpoint.
 */
final class TrainingPasses {
  private static final Clock CLOCK = Clock.systemUTC();

  private final TrainingJob job;
  private final Configuration configuration;
  private final RunDirectory directory;
  private final WeightSource initializer;
  private final EngineSelection engine;
  private final ExistingRun existing;
  private final TrainingText text;
  private TrainingStart next; // of a pass that has not begun: it holds a whole checkpoint
  private CheckpointListener.Texts texts; // null before the first pass

  TrainingPasses(
      TrainingJob job,
      EngineSelection engine,
      ExistingRun existing,
      Corpus corpus,
      TrainingStart start) {
    this.job = job;
    this.configuration = job.configuration();
    this.directory = job.directory();
    this.initializer = job.initializer();
    this.engine = engine;
    this.existing = existing;
    this.text = TrainingText.of(corpus, configuration);
    this.next = start;
  }

  /** Trains to the end, or until it is stopped. */
  void train() {
    while (next != null) {
      pass();
    }
  }

  private void pass() {
    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration, text.corpus().vocabulary().size(), engine.type(), engine.engine())) {
      TrainingState state = begin(network);
      boolean first = texts == null;
      if (first) {
        existing.makeWay();
        texts =
            new RunDescription(configuration, text.corpus(), network)
                .write(directory, next, CLOCK.instant());
      }
      boolean resumed = next.saved().isPresent();
      String metricsSoFar = next.metrics();
      int recorded = next.progress().recorded();
      next = null;
      try (Metrics metrics = Metrics.open(directory.metrics(), metricsSoFar);
          Events events = Events.open(directory.events(), CLOCK);
          SamplesFile samples = SamplesFile.open(directory.samples(), recorded)) {
        TrainingAttempt pass =
            new TrainingAttempt(
                job, text, network, state, existing.lock(), texts, metrics, events, samples);
        if (first) {
          new Summary(configuration, directory, text, network, engine, state).print();
          events.append(
              resumed ? "resumed" : "started",
              state.iteration(),
              Map.of("engine", network.engine().description(), "iterations", pass.iterations()));
        }
        next = pass.run().orElse(null);
      }
    }
  }

  /** Puts the network where training begins: fresh weights, another run's, or a checkpoint. */
  private TrainingState begin(CharacterNetwork network) {
    Progress progress = next.progress();
    if (next.saved().isEmpty()) {
      if (initializer != null) {
        initializer.giveWeights(network, text.corpus().vocabulary());
      }
      return new TrainingState(progress);
    }
    SavedNetwork saved = next.saved().get();
    if (initializer != null && texts == null) {
      Console.line(
          "--init-from %s: only for the beginning of a run; this one goes on"
              .formatted(initializer.name()));
    }
    if (progress.segment() >= text.training().segments()) {
      throw new RunException(
          "%s: stands at segment %,d of an epoch that has %,d: use another checkpoint"
              .formatted(saved.file(), progress.segment(), text.training().segments()));
    }
    saved.restoreTraining(network);
    new CheckpointFolder(directory, 1, 0).discardAfter(saved.file(), progress.iteration());
    return new TrainingState(progress);
  }
}
