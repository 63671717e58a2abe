package trainer.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import trainer.cli.TrainCommand.Resume;
import trainer.config.Configuration;
import trainer.config.ConfigurationDifference;
import trainer.config.ConfigurationWriter;
import trainer.network.CharacterNetwork;
import trainer.run.AtomicFile;
import trainer.run.CheckpointFolder;
import trainer.run.CheckpointListener;
import trainer.run.Events;
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
 */
final class TrainingJob {
  /** Rows of metrics.csv between two evaluations. */
  private static final int REPORTS_PER_EVALUATION = 10;

  private final Configuration configuration;
  private final RunDirectory directory;
  private final Resume resume;
  private final Path initializer;
  private final Interruption interruption;

  TrainingJob(
      Configuration configuration,
      Path directory,
      Resume resume,
      Path initializer,
      Interruption interruption) {
    this.configuration = configuration;
    this.directory = new RunDirectory(directory);
    this.resume = resume;
    this.initializer = initializer;
    this.interruption = interruption;
  }

  /** Trains to the end, or until a signal comes. */
  @SuppressWarnings("try") // the lock is held for its effect
  void run() {
    EngineSelection engine = EngineSelection.of(configuration.compute());
    if (resume == Resume.NEVER) {
      moveAside();
    }
    directory.holdsRun();
    try (RunLock lock = directory.open()) {
      Optional<SavedNetwork> saved = saved();
      Corpus corpus = openCorpus();
      if (corpus == null) {
        return;
      }
      saved.ifPresent(checkpoint -> checkSameRun(checkpoint, corpus));
      train(engine, corpus, saved);
    }
  }

  /** Renames a run that is there, so that nothing of it is lost. */
  private void moveAside() {
    Path path = directory.path();
    if (!directory.holdsRun()) {
      return;
    }
    int number = 1;
    Path aside = path.resolveSibling(path.getFileName() + "." + number);
    while (Files.exists(aside)) {
      number++;
      aside = path.resolveSibling(path.getFileName() + "." + number);
    }
    directory.open().close(); // refuses while another trainer writes there
    try {
      Files.move(path, aside);
    } catch (IOException e) {
      throw new RunException(
          "%s: cannot be renamed to %s (%s): name another directory with --output"
              .formatted(path, aside, e.getMessage()));
    }
    Console.line("the run that was in %s is now in %s".formatted(path, aside));
  }

  /** The newest whole checkpoint of a run to go on with. */
  private Optional<SavedNetwork> saved() {
    CheckpointFolder folder = new CheckpointFolder(directory, 1, 0);
    Optional<CheckpointFolder.Found> found = folder.newestWhole();
    found.ifPresent(
        checkpoint ->
            checkpoint.skipped().forEach(reason -> Console.line("passed over: " + reason)));
    if (found.isEmpty() && resume == Resume.REQUIRED) {
      throw new RunException(
          "%s: there is no run to go on with: leave out --resume required to begin one"
              .formatted(directory.path()));
    }
    return found.map(checkpoint -> SavedNetwork.of(checkpoint.file(), checkpoint.checkpoint()));
  }

  /** The text, encoded; null if a signal came meanwhile. */
  private Corpus openCorpus() {
    try (EncodingProgress progress = new EncodingProgress()) {
      return Corpus.open(
          configuration.data(),
          directory.corpus(),
          interruption.stop()::requested,
          progress::report);
    } catch (CancellationException e) {
      Console.line("stopped while the corpus was being read; nothing was lost");
      return null;
    }
  }

  /** Refuses to go on with a run whose numbers were decided by something else. */
  private void checkSameRun(SavedNetwork saved, Corpus corpus) {
    Provenance provenance = Provenance.parse(saved.checkpoint().provenance());
    boolean sameText =
        provenance.corpus().stream().anyMatch(file -> file.sha256().equals(corpus.sha256()));
    ConfigurationDifference difference =
        ConfigurationDifference.between(saved.configuration(), configuration, sameText);
    if (!sameText || !difference.decidesTheNumbers().isEmpty()) {
      StringBuilder message = new StringBuilder();
      message.append("%s: is another run; going on would mix the two:".formatted(directory.path()));
      if (!sameText) {
        message.append(
            "\n  the corpus has changed: SHA-256 %s -> %s"
                .formatted(provenance.corpus().get(0).sha256(), corpus.sha256()));
      }
      difference.decidesTheNumbers().forEach(change -> message.append("\n  ").append(change));
      message.append(
          "\nundo the change, or name another directory with --output, or begin anew with --resume never"
              + " (the old run is kept beside it)");
      throw new RunException(message.toString());
    }
    difference.mayChange().forEach(change -> Console.line("changed: " + change));
  }

  private void train(EngineSelection engine, Corpus corpus, Optional<SavedNetwork> saved) {
    Splits splits = corpus.splits(configuration.data().split());
    int batch = configuration.training().batchSize();
    int length = configuration.training().sequenceLength();
    Lanes training = Lanes.training(corpus.text(), splits.training(), batch, length);
    Lanes validation = Lanes.evaluation(corpus.text(), splits.validation(), batch, length);

    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration, corpus.vocabulary().size(), engine.type(), engine.engine())) {
      TrainingState state =
          new TrainingState(
              saved.map(run -> run.checkpoint().progress()).orElseGet(Progress::start));
      if (saved.isPresent()) {
        saved.get().restoreTraining(network);
      } else if (initializer != null) {
        initialize(network, corpus);
      }
      Provenance provenance = provenance(network, corpus, saved);
      CheckpointListener.Texts texts =
          new CheckpointListener.Texts(
              ConfigurationWriter.toYaml(configuration),
              corpus.vocabulary().toJson(),
              provenance.json());
      AtomicFile.write(directory.config(), texts.configuration());
      AtomicFile.write(directory.vocabulary(), texts.vocabulary());
      provenance.write(directory.provenance());
      saved.ifPresent(
          run ->
              new CheckpointFolder(directory, 1, 0)
                  .discardAfter(run.checkpoint().progress().iteration()));

      NgramBaselines.Nats baselines =
          NgramBaselines.count(corpus.text(), splits.training())
              .crossEntropy(corpus.text(), splits.validation());
      new Summary(
              configuration, directory, corpus, splits, training, network, engine, state, baselines)
          .print();
      String metricsSoFar = saved.map(run -> run.checkpoint().metrics()).orElse("");
      try (Metrics metrics = Metrics.open(directory.metrics(), metricsSoFar);
          Events events = Events.open(directory.events(), Clock.systemUTC());
          SamplesFile samples = SamplesFile.open(directory.samples(), state.iteration());
          ProgressListener progress =
              new ProgressListener(
                  state,
                  configuration.training().epochs(),
                  TrainingLoop.iterations(configuration.training(), training.segments()))) {
        events.append(
            saved.isPresent() ? "resumed" : "started",
            state.iteration(),
            Map.of("engine", network.engine().description()));
        CheckpointListener checkpoints =
            new CheckpointListener(
                directory, configuration.checkpoints(), network, state, metrics, events, texts);
        int evaluateEvery = configuration.evaluation().everyIterations();
        TrainingLoop loop =
            new TrainingLoop(
                network,
                training,
                state,
                interruption.stop(),
                List.of(
                    new DivergenceListener(state),
                    new EvaluationListener(
                        state,
                        new Evaluator(network.engine(), validation),
                        evaluateEvery,
                        configuration.training().earlyStopping(),
                        interruption.stop()),
                    new SampleListener(
                        state,
                        new TextGenerator(network.engine(), corpus.vocabulary()),
                        configuration.samples(),
                        configuration.seed(),
                        samples,
                        interruption.stop()),
                    new RecordListener(
                        directory,
                        state,
                        metrics,
                        events,
                        curve(network, baselines),
                        Math.max(1, evaluateEvery / REPORTS_PER_EVALUATION)),
                    checkpoints,
                    progress));
        loop.run();
        finish(state, checkpoints, events);
      }
    }
  }

  /** Takes over the weights of another run. */
  private void initialize(CharacterNetwork network, Corpus corpus) {
    SavedNetwork other = SavedNetwork.open(initializer);
    if (!other.configuration().model().layers().equals(configuration.model().layers())) {
      throw new RunException(
          "--init-from %s: its layers are %s, and model.layers is %s: make them the same"
              .formatted(
                  initializer,
                  Summary.layers(other.configuration().model()),
                  Summary.layers(configuration.model())));
    }
    if (!other.vocabulary().equals(corpus.vocabulary())) {
      throw new RunException(
          "--init-from %s: its vocabulary has %d characters, and this corpus %d others or in another order: keep it with"
                  .formatted(initializer, other.vocabulary().size(), corpus.vocabulary().size())
              + " --set data.vocabulary="
              + initializer);
    }
    other.restoreParameters(network);
    Console.line("weights of " + other.file());
  }

  private Provenance provenance(
      CharacterNetwork network, Corpus corpus, Optional<SavedNetwork> saved) {
    List<String> command = CommandLineText.ofThisProcess();
    if (saved.isPresent()) {
      return Provenance.parse(saved.get().checkpoint().provenance())
          .resumedAt(saved.get().checkpoint().progress().iteration(), command, Instant.now());
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

  /** Leaves a model after a complete run, or the checkpoint of an interrupted one. */
  private void finish(TrainingState state, CheckpointListener checkpoints, Events events) {
    StopSignal stop = interruption.stop();
    if (stop.requested()) {
      checkpoints.write();
      events.append("stopped", state.iteration(), Map.of("reason", stop.reason()));
      Console.line(
          "stopped at iteration %,d; the same command goes on from here"
              .formatted(state.iteration()));
      return;
    }
    checkpoints.writeModel();
    events.append("finished", state.iteration(), Map.of("reason", state.finished()));
    Summary.finished(state, directory).forEach(Console::line);
  }
}
