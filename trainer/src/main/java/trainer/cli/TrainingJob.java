package trainer.cli;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import trainer.cli.TrainCommand.Resume;
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
import trainer.text.TextException;
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
 * One training run from configuration to model: opens the text, builds or restores the network,
 * trains, leaves a run directory.
 *
 * @param initializer the run whose weights a new run begins with, or null
 * @param stop ends the work early, with a checkpoint
 */
record TrainingJob(
    Configuration configuration,
    RunDirectory directory,
    Resume resume,
    OtherRun initializer,
    StopSignal stop) {
  /** Rows of metrics.csv between two evaluations. */
  private static final int REPORTS_PER_EVALUATION = 10;

  /** Trains to the end, or until it is stopped. */
  void run() {
    EngineSelection engine = EngineSelection.of(configuration.compute());
    ExistingRun existing = new ExistingRun(directory);
    existing.prepare(resume);
    try (RunLock lock = directory.open()) {
      Optional<SavedNetwork> saved = existing.newest(resume);
      Corpus corpus = new CorpusReader(stop).open(configuration.data(), directory.corpus());
      saved.ifPresent(run -> existing.checkSame(run, configuration, corpus));
      Optional<TrainingStart> start = Optional.of(new TrainingStart(saved, 1));
      while (start.isPresent()) {
        start = train(lock, engine, corpus, start.get());
      }
    } catch (CancellationException e) {
      Console.line("stopped while the corpus was being read; the same command begins again");
    }
  }

  /** Trains; returns where to begin again if training diverged. */
  private Optional<TrainingStart> train(
      RunLock lock, EngineSelection engine, Corpus corpus, TrainingStart start) {
    Optional<SavedNetwork> saved = start.saved();
    checkPrime(corpus);
    Splits splits = corpus.splits(configuration.data().split());
    int lanes = configuration.training().batchSize();
    int length = configuration.training().sequenceLength();
    Lanes training = Lanes.training(corpus.text(), splits.training(), lanes, length);
    Lanes validation = Lanes.evaluation(corpus.text(), splits.validation(), lanes, length);

    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration, corpus.vocabulary().size(), engine.type(), engine.engine())) {
      TrainingState state = begin(network, corpus, start, training.segments());
      CheckpointListener.Texts texts = describe(network, corpus, saved);
      NgramBaselines.Nats baselines =
          NgramBaselines.count(corpus.text(), splits.training())
              .crossEntropy(corpus.text(), splits.validation());

      int evaluateEvery = configuration.evaluation().everyIterations();
      int reportEvery = Math.max(1, evaluateEvery / REPORTS_PER_EVALUATION);
      String metricsSoFar = saved.map(run -> run.checkpoint().metrics()).orElse("");
      try (Metrics metrics = Metrics.open(directory.metrics(), metricsSoFar);
          Events events = Events.open(directory.events(), Clock.systemUTC());
          SamplesFile samples = SamplesFile.open(directory.samples(), state.iteration())) {
        CheckpointListener checkpoints =
            new CheckpointListener(
                lock, configuration.checkpoints(), network, state, metrics, events, texts);
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
                    new EvaluationListener(
                        state,
                        new Evaluator(network.engine(), validation),
                        evaluateEvery,
                        configuration.training().earlyStopping(),
                        stop),
                    new FullDiskListener(
                        List.of(
                            new SampleListener(
                                lock,
                                state,
                                new TextGenerator(network.engine(), corpus.vocabulary()),
                                configuration.samples(),
                                configuration.seed(),
                                samples,
                                stop),
                            new RecordListener(
                                lock,
                                state,
                                metrics,
                                events,
                                curve(network, baselines),
                                reportEvery),
                            checkpoints),
                        Console::line),
                    progress));
        new Summary(
                configuration,
                directory,
                corpus,
                splits,
                training,
                network,
                engine,
                state,
                baselines)
            .print();
        events.append(
            saved.isPresent() ? "resumed" : "started",
            state.iteration(),
            Map.of("engine", network.engine().description(), "iterations", iterations));
        try {
          run(lock, loop, progress, state, events);
          finish(state, checkpoints, events);
          return Optional.empty();
        } catch (DivergenceException e) {
          Rollback rollback = new Rollback(directory, configuration.checkpoints());
          return Optional.of(rollback.after(e, state, events));
        }
      }
    }
  }

  /** A prime that the network cannot read would end training at the first sample. */
  private void checkPrime(Corpus corpus) {
    try {
      if (configuration.samples().prime() != null) {
        corpus.vocabulary().encode(configuration.samples().prime());
      }
    } catch (TextException e) {
      throw new RunException("samples.prime: " + e.getMessage(), e);
    }
  }

  /** Puts the network where training begins: fresh weights, another run's, or a checkpoint. */
  private TrainingState begin(
      CharacterNetwork network, Corpus corpus, TrainingStart start, long segments) {
    Optional<SavedNetwork> saved = start.saved();
    if (saved.isEmpty()) {
      if (initializer != null) {
        initializer.giveWeights(network, corpus.vocabulary());
      }
      return new TrainingState(start.progress());
    }
    if (initializer != null) {
      Console.line(
          "--init-from %s: only for the beginning of a run; this one goes on"
              .formatted(initializer.name()));
    }
    Progress progress = start.progress();
    if (progress.segment() >= segments) {
      throw new RunException(
          "%s: stands at segment %,d of an epoch that has %,d: use another checkpoint"
              .formatted(saved.get().file(), progress.segment(), segments));
    }
    saved.get().restoreTraining(network);
    new CheckpointFolder(directory, 1, 0).discardAfter(saved.get().file(), progress.iteration());
    return new TrainingState(progress);
  }

  /** Writes what explains the run directory to a stranger; every checkpoint carries it too. */
  private CheckpointListener.Texts describe(
      CharacterNetwork network, Corpus corpus, Optional<SavedNetwork> saved) {
    CheckpointListener.Texts texts =
        new CheckpointListener.Texts(
            ConfigurationWriter.toYaml(configuration),
            corpus.vocabulary().toJson(),
            provenance(network, corpus, saved).json());
    AtomicFile.write(directory.config(), texts.configuration());
    AtomicFile.write(directory.vocabulary(), texts.vocabulary());
    AtomicFile.write(directory.provenance(), texts.provenance());
    return texts;
  }

  private Provenance provenance(
      CharacterNetwork network, Corpus corpus, Optional<SavedNetwork> saved) {
    List<String> command = CommandLineText.ofThisProcess();
    if (saved.isPresent()) {
      return Provenance.parse(saved.get().checkpoint().provenance())
          .resumedAt(
              saved.get().checkpoint().progress().iteration(),
              network.engine().description(),
              command,
              Instant.now());
    }
    return Provenance.collect(
        network.engine().description(),
        "CPU",
        command,
        configuration.seed(),
        List.of(new Provenance.CorpusFile(corpus.files(), corpus.sha256(), corpus.length())),
        Instant.now());
  }

  private LossCurve curve(CharacterNetwork network, NgramBaselines.Nats baselines) {
    return new LossCurve(
        configuration.name(),
        Summary.network(network),
        List.of(
            new Yardstick("bigrams", baselines.bigram()),
            new Yardstick("trigrams", baselines.trigram())),
        Console::line);
  }

  /**
   * Trains, with the progress shown, and keeps a record of what went wrong, unless it is another's
   * by now.
   */
  private static void run(
      RunLock lock,
      TrainingLoop loop,
      ProgressListener progress,
      TrainingState state,
      Events events) {
    try (progress) {
      progress.start();
      loop.run();
    } catch (DivergenceException e) {
      throw e; // there is a way back
    } catch (RuntimeException | OutOfMemoryError e) {
      if (lock.isHeld()) {
        events.append(
            "failed", state.iteration(), Map.of("reason", String.valueOf(e.getMessage())));
      }
      throw e;
    }
  }

  /** Leaves a model after a complete run, or the checkpoint of one that was stopped. */
  private void finish(TrainingState state, CheckpointListener checkpoints, Events events) {
    if (stop.requested()) {
      checkpoints.write();
      double seconds = stop.seconds();
      events.append(
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
    events.append("finished", state.iteration(), Map.of("reason", state.finished()));
    Summary.finished(state, directory).forEach(Console::line);
  }
}
