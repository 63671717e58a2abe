package trainer.cli;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import trainer.config.Configuration;
import trainer.config.ConfigurationWriter;
import trainer.network.CharacterNetwork;
import trainer.run.AtomicFile;
import trainer.run.CheckpointFolder;
import trainer.run.CheckpointListener;
import trainer.run.Events;
import trainer.run.FullDiskListener;
import trainer.run.LossCurve;
import trainer.run.LossCurve.Yardstick;
import trainer.run.Machine;
import trainer.run.Metrics;
import trainer.run.Provenance;
import trainer.run.RecordListener;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.run.SamplesFile;
import trainer.run.SavedNetwork;
import trainer.sampling.SampleListener;
import trainer.sampling.TextGenerator;
import trainer.text.Corpus;
import trainer.text.Lanes;
import trainer.text.NgramBaselines;
import trainer.text.Splits;
import trainer.training.DivergenceException;
import trainer.training.DivergenceListener;
import trainer.training.EngineSelection;
import trainer.training.EvaluationListener;
import trainer.training.Evaluator;
import trainer.training.Progress;
import trainer.training.StopSignal;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/**
 * Training on a corpus that is open: one pass from where the run stands and, each time training
 * diverges, another from an earlier checkpoint.
 */
final class TrainingPasses {
  /** Rows of metrics.csv between two evaluations. */
  private static final int REPORTS_PER_EVALUATION = 10;

  private final Configuration configuration;
  private final RunDirectory directory;
  private final OtherRun initializer;
  private final StopSignal stop;
  private final EngineSelection engine;
  private final ExistingRun existing;
  private final Corpus corpus;
  private final Splits splits;
  private final Lanes training;
  private final Lanes validation;
  private final NgramBaselines.Nats baselines;
  private TrainingStart next; // of a pass that has not begun: it holds a whole checkpoint
  private CheckpointListener.Texts texts; // null before the first pass

  TrainingPasses(
      TrainingJob job,
      EngineSelection engine,
      ExistingRun existing,
      Corpus corpus,
      TrainingStart start) {
    this.configuration = job.configuration();
    this.directory = job.directory();
    this.initializer = job.initializer();
    this.stop = job.stop();
    this.engine = engine;
    this.existing = existing;
    this.corpus = corpus;
    this.splits = corpus.splits(configuration.data().split());
    int lanes = configuration.training().batchSize();
    int length = configuration.training().sequenceLength();
    this.training = Lanes.training(corpus.text(), splits.training(), lanes, length);
    this.validation = Lanes.evaluation(corpus.text(), splits.validation(), lanes, length);
    this.baselines =
        NgramBaselines.count(corpus.text(), splits.training())
            .crossEntropy(corpus.text(), splits.validation());
    this.next = start;
  }

  /** Trains to the end, or until it is stopped. */
  void train() {
    while (next != null) {
      pass();
    }
  }

  private CharacterNetwork network() {
    return new CharacterNetwork(
        configuration, corpus.vocabulary().size(), engine.type(), engine.engine());
  }

  private void pass() {
    try (CharacterNetwork network = network()) {
      TrainingState state = begin(network);
      boolean first = texts == null;
      if (first) {
        existing.makeWay();
        texts = describe(network);
      }
      RunLock lock = existing.lock();
      boolean resumed = next.saved().isPresent();
      String metricsSoFar = next.metrics();
      next = null;

      try (Metrics metrics = Metrics.open(directory.metrics(), metricsSoFar);
          Events events = Events.open(directory.events(), Clock.systemUTC());
          SamplesFile samples = SamplesFile.open(directory.samples(), state.iteration())) {
        CheckpointListener checkpoints =
            new CheckpointListener(
                lock, configuration.checkpoints(), network, state, metrics, events, texts);
        SampleListener sampling = sampling(network, state, samples);
        RecordListener records =
            new RecordListener(lock, state, metrics, events, curve(network), reportEvery());
        long iterations = TrainingLoop.iterations(configuration.training(), training.segments());
        ProgressListener progress =
            new ProgressListener(state, configuration.training().epochs(), iterations);
        TrainingLoop loop =
            new TrainingLoop(
                network,
                training,
                state,
                stop,
                List.of(
                    new DivergenceListener(state, network.vocabularySize()),
                    evaluation(network, state),
                    new FullDiskListener(List.of(sampling, records, checkpoints), Console::line),
                    progress));
        if (first) {
          summary(network, state).print();
          events.append(
              resumed ? "resumed" : "started",
              state.iteration(),
              Map.of("engine", network.engine().description(), "iterations", iterations));
        }
        try {
          run(loop, progress, state, checkpoints, events);
        } catch (RuntimeException | Error e) {
          if (lock.isHeld()) {
            keepRecord(e, state, events);
          }
          throw e;
        }
      }
    }
  }

  private EvaluationListener evaluation(CharacterNetwork network, TrainingState state) {
    return new EvaluationListener(
        state,
        new Evaluator(network.engine(), validation),
        configuration.evaluation().everyIterations(),
        configuration.training().earlyStopping(),
        stop);
  }

  private SampleListener sampling(
      CharacterNetwork network, TrainingState state, SamplesFile samples) {
    return new SampleListener(
        existing.lock(),
        state,
        new TextGenerator(network.engine(), corpus.vocabulary()),
        configuration.samples(),
        configuration.seed(),
        samples,
        stop);
  }

  /** Iterations from one row of metrics.csv to the next. */
  private int reportEvery() {
    return Math.max(1, configuration.evaluation().everyIterations() / REPORTS_PER_EVALUATION);
  }

  /** Puts the network where training begins: fresh weights, another run's, or a checkpoint. */
  private TrainingState begin(CharacterNetwork network) {
    Progress progress = next.progress();
    if (next.saved().isEmpty()) {
      if (initializer != null) {
        initializer.giveWeights(network, corpus.vocabulary());
      }
      return new TrainingState(progress);
    }
    SavedNetwork saved = next.saved().get();
    if (initializer != null && texts == null) {
      Console.line(
          "--init-from %s: only for the beginning of a run; this one goes on"
              .formatted(initializer.name()));
    }
    if (progress.segment() >= training.segments()) {
      throw new RunException(
          "%s: stands at segment %,d of an epoch that has %,d: use another checkpoint"
              .formatted(saved.file(), progress.segment(), training.segments()));
    }
    saved.restoreTraining(network);
    new CheckpointFolder(directory, 1, 0).discardAfter(saved.file(), progress.iteration());
    return new TrainingState(progress);
  }

  /** Writes what explains the run directory to a stranger; every checkpoint carries it too. */
  private CheckpointListener.Texts describe(CharacterNetwork network) {
    CheckpointListener.Texts written =
        new CheckpointListener.Texts(
            ConfigurationWriter.toYaml(configuration),
            corpus.vocabulary().toJson(),
            provenance(network).json());
    AtomicFile.write(directory.config(), written.configuration());
    AtomicFile.write(directory.vocabulary(), written.vocabulary());
    AtomicFile.write(directory.provenance(), written.provenance());
    return written;
  }

  private Provenance provenance(CharacterNetwork network) {
    List<String> command = CommandLineText.ofThisProcess();
    String description = network.engine().description();
    String device = network.engine().gpu().orElseGet(Machine::processor);
    if (next.saved().isPresent()) {
      return Provenance.parse(next.saved().get().checkpoint().provenance())
          .resumedAt(next.iteration(), description, device, command, Instant.now());
    }
    return Provenance.collect(
        description,
        device,
        command,
        configuration.seed(),
        List.of(new Provenance.CorpusFile(corpus.files(), corpus.sha256(), corpus.length())),
        Instant.now());
  }

  private LossCurve curve(CharacterNetwork network) {
    return new LossCurve(
        configuration.name(),
        Summary.network(network),
        List.of(
            new Yardstick("bigrams", baselines.bigram()),
            new Yardstick("trigrams", baselines.trigram())),
        Console::line);
  }

  private Summary summary(CharacterNetwork network, TrainingState state) {
    return new Summary(
        configuration, directory, corpus, splits, training, network, engine, state, baselines);
  }

  /** Trains, with the progress shown; where that diverges, there is a next pass. */
  private void run(
      TrainingLoop loop,
      ProgressListener progress,
      TrainingState state,
      CheckpointListener checkpoints,
      Events events) {
    try {
      try (progress) {
        progress.start();
        loop.run();
      }
      finish(state, checkpoints, events);
    } catch (DivergenceException e) {
      next = new Rollback(directory, configuration.checkpoints()).after(e, state, events);
    }
  }

  /** Keeps a record of what went wrong, if it can be written: what went wrong comes first. */
  private static void keepRecord(Throwable failure, TrainingState state, Events events) {
    try {
      events.append(
          "failed", state.iteration(), Map.of("reason", String.valueOf(failure.getMessage())));
    } catch (RunException e) {
      failure.addSuppressed(e);
    }
  }

  /** Leaves a model after a complete run, or the checkpoint of one that was stopped. */
  private void finish(TrainingState state, CheckpointListener checkpoints, Events events) {
    if (stop.requested()) {
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
      return;
    }
    checkpoints.write(); // unless it is there, as where the disk was not full
    checkpoints.writeModel();
    events.appendIfThereIsSpace("finished", state.iteration(), Map.of("reason", state.finished()));
    Summary.finished(state, directory).forEach(Console::line);
  }
}
