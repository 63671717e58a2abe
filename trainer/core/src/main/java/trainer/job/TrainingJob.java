package trainer.job;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.RunArgument;
import trainer.checkpoint.SavedNetwork;
import trainer.cluster.WorkersLostException;
import trainer.config.Configuration;
import trainer.config.Training;
import trainer.file.ShellWord;
import trainer.file.TrainerException;
import trainer.network.CharacterNetwork;
import trainer.run.Events;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.text.Confinement;
import trainer.text.Corpus;
import trainer.text.ExpectedText;
import trainer.text.Prompt;
import trainer.text.TextException;
import trainer.training.EngineSelection;
import trainer.training.ListenerAdapter;
import trainer.training.Progress;
import trainer.training.StopSignal;
import trainer.training.TrainingListener;
import trainer.training.TrainingLoop;
import trainer.training.TrainingState;

/**
 * Trains one run from configuration to model: opens the text, starts or resumes, trains, and leaves
 * a run directory. A job runs once.
 *
 * <pre>{@code
 * TrainingResult result =
 *     new TrainingJob(ConfigurationLoader.load(Path.of("configs/tiny.yml")), Path.of("models/tiny"))
 *         .listener(state -> System.out.println(state.iteration() + " " + state.loss()))
 *         .run();
 * }</pre>
 */
public final class TrainingJob {
  private static final Clock CLOCK = Clock.systemUTC();

  /** To warm up, and again to measure the speed. */
  private static final double MEASURING_SECONDS = 2;

  /** Of a time budget, for the iterations of a schedule; the rest is for a slower machine. */
  private static final double SHARE_OF_BUDGET = 0.95;

  private Configuration configuration;
  private final RunDirectory directory;
  private final List<Function<CharacterNetwork, TrainingListener>> listeners = new ArrayList<>();
  private Resume resume = Resume.AUTO;
  private Confinement confinement = Confinement.none();
  private WeightSource weights; // null: a new run starts from random weights
  private SavedNetwork initial; // what the weights come from; null before it is needed
  private String forked; // RUN@ITERATION; null: none
  private Fork fork; // of it; null: none, or the new run has begun
  private boolean recordedCorpus;
  private JobReporter reporter = JobReporter.SILENT;
  private StopSignal stop = new StopSignal();
  private List<String> command = List.of();
  private CheckpointListener.Texts texts; // null before the first attempt
  private TrainingState state; // of the newest attempt
  private TrainingStart start; // null while training: it holds a checkpoint's arrays

  /**
   * A job that trains in a run directory, which it creates or resumes.
   *
   * @param configuration relative paths in it refer to the working directory, unless it was loaded
   *     from a file
   */
  public TrainingJob(Configuration configuration, Path directory) {
    this.configuration = configuration;
    this.directory = new RunDirectory(directory);
  }

  /** How to treat an existing run in the directory. Default: resume it. */
  public TrainingJob resume(Resume mode) {
    resume = mode;
    return this;
  }

  /** Reads text and vocabulary only from these folders. Default: from anywhere. */
  public TrainingJob confinement(Confinement folders) {
    confinement = folders;
    return this;
  }

  /** Initial weights for a new run. Default: random. */
  public TrainingJob weights(WeightSource source) {
    weights = source;
    return this;
  }

  /**
   * Starts a new run at a checkpoint of another run, with its curve up to there, and with changed
   * settings: all but text, batches and the shape of the network. Default: at iteration 0.
   *
   * @param run {@code RUN@ITERATION}, a checkpoint, or a run directory for its newest
   */
  public TrainingJob fork(String run) {
    forked = run;
    return this;
  }

  /**
   * Resumes with the text that the run began with, as its directory holds it, although the corpus
   * may have changed since. No effect on a new run, or where the directory no longer holds it.
   */
  public TrainingJob recordedCorpus() {
    recordedCorpus = true;
    return this;
  }

  /** Adds a listener, called after each update and after the run's own listeners. */
  public TrainingJob listener(TrainingListener listener) {
    listeners.add(network -> listener);
    return this;
  }

  /** Adds a listener of Deeplearning4j: see {@link ListenerAdapter#fromDl4j}. */
  public TrainingJob listener(org.deeplearning4j.optimize.api.TrainingListener listener) {
    listeners.add(network -> ListenerAdapter.fromDl4j(listener, network));
    return this;
  }

  /** Receives messages and progress. Default: none. */
  public TrainingJob reporter(JobReporter receiver) {
    reporter = receiver;
    return this;
  }

  /** Lets another thread stop the job with a checkpoint. */
  public TrainingJob stop(StopSignal signal) {
    stop = signal;
    return this;
  }

  /** The command line to record in provenance.json. Default: none. */
  public TrainingJob command(List<String> words) {
    command = List.copyOf(words);
    return this;
  }

  /**
   * Trains until the run is complete or stopped. A run that is complete already, with whole files,
   * is only read. If training diverges, it restarts from an earlier checkpoint at half the learning
   * rate, at most three times.
   *
   * @throws trainer.file.TrainerException if the configuration, text or run is invalid, the disk
   *     fails, or training keeps diverging
   */
  public TrainingResult run() {
    try {
      Optional<CompleteRun> complete =
          resume == Resume.NEVER
              ? Optional.empty()
              : CompleteRun.find(directory, configuration, recordedCorpus, confinement, stop);
      return complete.isPresent() ? report(complete.get()) : train();
    } catch (CancellationException e) {
      return new TrainingResult(
          directory,
          TrainingResult.Outcome.NOT_STARTED,
          stop.reason(),
          Progress.start(),
          Double.NaN);
    }
  }

  private TrainingResult report(CompleteRun complete) {
    reportIgnoredWeights();
    reporter.message(
        "%s: already complete; %s".formatted(ShellWord.shown(directory.path()), complete.advice()));
    MlFlow.complete(directory, configuration, System.getenv(), CLOCK, reporter::message);
    return complete.result();
  }

  private TrainingResult train() {
    EngineSelection engine = EngineSelection.of(configuration.compute());
    configuration = engine.counted(configuration);
    try (ExistingRun existing = new ExistingRun(directory, resume, reporter)) {
      try {
        TrainingText text = open(existing);
        if (!configuration.equals(with(engine))) {
          engine = choose();
        }
        engine = fitted(engine, text.corpus());
        if (start.saved().isEmpty()) {
          fixLength(engine, text);
        }
        WorkerRecovery recovery = new WorkerRecovery(directory, reporter);
        TrainingResult result = null;
        while (result == null) {
          try {
            result = attempt(engine, existing, text);
          } catch (WorkersLostException e) {
            recover(recovery, e);
          }
        }
        return result;
      } catch (TrainerException e) {
        throw existing.lock().cause(e);
      }
    }
  }

  /** Sets {@link #start} to where training resumes after a loss, unless it had not begun. */
  private void recover(WorkerRecovery recovery, WorkersLostException loss) {
    if (state == null || stop.requested()) {
      throw loss;
    }
    try (Events events = Events.open(directory.events(), CLOCK)) {
      start = recovery.after(loss, state.iteration(), state.learningRateFactor(), events);
    }
  }

  /** Chooses an engine, and the precision that {@link #configuration} and checkpoints then name. */
  private EngineSelection choose() {
    EngineSelection engine = EngineSelection.of(configuration.compute());
    configuration = engine.counted(configuration);
    configuration = with(engine);
    return engine;
  }

  /** Finds how the network trains fast, which {@link #configuration} then names. */
  private EngineSelection fitted(EngineSelection engine, Corpus corpus) {
    EngineSelection fitted = engine.fitted(configuration, corpus.vocabulary().size());
    configuration = with(fitted);
    return fitted;
  }

  /** {@link #configuration} with what a selected engine computes with. */
  private Configuration with(EngineSelection engine) {
    return configuration.with(engine.compute().with(configuration.compute().engine()));
  }

  /**
   * What {@link #run} would begin with: a new run's text, network and length, and a measured
   * estimate of its time. Trains for a few seconds, but writes no run directory, and does not look
   * for one.
   *
   * @throws trainer.file.TrainerException if the configuration or text is invalid
   * @throws CancellationException if stopped
   */
  public TrainingForecast plan() {
    configuration = configuration.started();
    EngineSelection engine = choose();
    Corpus corpus =
        new CorpusReader(stop, reporter, confinement).openTemporarily(configuration.data());
    checkPrompt(corpus);
    engine = fitted(engine, corpus);
    TrainingText text = TrainingText.of(corpus, configuration);
    TrainingSpeed speed =
        TrainingSpeed.measure(configuration, text, engine, MEASURING_SECONDS, stop);
    fixLength(speed, text);
    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration, corpus.vocabulary().size(), engine.type(), engine::engine)) {
      TrainingState state = new TrainingState(Progress.start());
      return TrainingForecast.of(
          new TrainingPlan(configuration, directory, text, network, engine, state), speed);
    }
  }

  /**
   * A learning rate that falls until the end of the run must know the end: with a time budget, the
   * iterations that fit into it, which {@link #configuration} and so every checkpoint then name.
   */
  private void fixLength(EngineSelection engine, TrainingText text) {
    if (fallsUntilTheTimeIsUp()) {
      double seconds = Math.min(MEASURING_SECONDS, 60 * configuration.training().maxMinutes() / 20);
      fixLength(TrainingSpeed.measure(configuration, text, engine, seconds, stop), text);
    }
  }

  private boolean fallsUntilTheTimeIsUp() {
    Training training = configuration.training();
    return training.maxMinutes() != null && training.schedule().dependsOnLength();
  }

  private void fixLength(TrainingSpeed speed, TrainingText text) {
    Training training = configuration.training();
    if (!fallsUntilTheTimeIsUp()) {
      return;
    }
    long fitting = speed.iterationsWithin(60 * training.maxMinutes() * SHARE_OF_BUDGET);
    if (fitting < TrainingLoop.iterations(training, text.training().segments())) {
      configuration = configuration.with(training.withIterations((int) fitting));
      reporter.message(
          String.format(
              Locale.ROOT,
              "training.max_iterations: %,d, as many as this machine trains in"
                  + " training.max_minutes: the learning rate falls until then",
              fitting));
    }
  }

  /** Opens the text, and sets {@link #start} and what {@link #configuration} leaves to the run. */
  private TrainingText open(ExistingRun existing) {
    Configuration asked = configuration;
    Optional<SavedNetwork> saved = existing.newest();
    if (saved.isEmpty() && forked != null) {
      SavedNetwork source = SavedNetwork.open(RunArgument.checkpoint(forked));
      existing.requireKept(source);
      fork = Fork.of(source, asked);
      fork.linkText(existing.encodedText());
      saved = Optional.of(fork.start());
    }
    configuration = saved.map(run -> asked.resuming(run.configuration())).orElseGet(asked::started);
    reportLength(asked.training().maxIterations());
    CorpusReader reader = new CorpusReader(stop, reporter, confinement);
    Corpus corpus =
        saved.isPresent()
            ? text(existing, saved.get(), reader)
            : reader.open(configuration.data(), existing.encodedText(), expected());
    checkPrompt(corpus);
    start = new TrainingStart(saved, 1);
    return TrainingText.of(corpus, configuration);
  }

  /** Says so if a time budget has lowered the iterations that were asked for. */
  private void reportLength(Integer asked) {
    Integer kept = configuration.training().maxIterations();
    if (asked != null && !asked.equals(kept)) {
      reporter.message(
          String.format(
              Locale.ROOT,
              "training.max_iterations: %,d, as when the run began: its learning rate falls until"
                  + " then",
              kept));
    }
  }

  private Corpus text(ExistingRun existing, SavedNetwork saved, CorpusReader reader) {
    return existing.text(
        saved,
        configuration,
        recordedCorpus,
        reader,
        sha256 -> {
          if (fork == null) {
            existing.checkSame(saved, configuration, sha256, reader);
          } else {
            fork.checkText(sha256);
          }
        });
  }

  /** The text of a new run: any, in a vocabulary that it may have to extend. */
  private ExpectedText expected() {
    if (weights == null || !weights.extendVocabulary()) {
      return ExpectedText.any();
    }
    if (configuration.data().vocabulary() != null) {
      throw new RunException(
          "%s: its vocabulary cannot be extended, since data.vocabulary says which to use: add --set data.vocabulary=null"
              .formatted(weights.name()));
    }
    return new ExpectedText(initial().vocabulary(), true, sha256 -> {});
  }

  private SavedNetwork initial() {
    if (initial == null) {
      initial = weights.source().get();
    }
    return initial;
  }

  /** Fails now rather than at the first sample. */
  private void checkPrompt(Corpus corpus) {
    String prompt = Prompt.of(configuration.samples().prime(), configuration.data());
    if (prompt == null) {
      return;
    }
    try {
      corpus.vocabulary().encode(prompt);
      if (Prompt.isAmbiguous(prompt, corpus.vocabulary())) {
        reporter.message(
            "samples.prime: has a backslash and an n; for a newline, write it in double quotes:"
                + " \"a\\nb\"");
      }
    } catch (TextException e) {
      throw new RunException("samples.prime: " + e.getMessage(), e);
    }
  }

  /**
   * Trains from {@link #start}.
   *
   * @return null if training diverged; {@link #start} is then where it restarts
   */
  private TrainingResult attempt(EngineSelection engine, ExistingRun existing, TrainingText text) {
    try (CharacterNetwork network =
        new CharacterNetwork(
            configuration, text.corpus().vocabulary().size(), engine.type(), engine::engine)) {
      state = begin(network, text);
      TrainingPlan plan = new TrainingPlan(configuration, directory, text, network, engine, state);
      state.finishIfComplete(configuration.training(), plan.iterations());
      checkLeft(plan);
      boolean first = texts == null;
      if (first) {
        existing.makeWay();
        if (fork != null) {
          fork.writeTo(directory);
        }
        texts =
            new RunDescription(configuration, text.corpus(), network, command)
                .write(directory, start, CLOCK.instant());
      }
      boolean resumed = start.saved().isPresent();
      try (RunRecords records =
          RunRecords.open(directory, configuration, start, CLOCK, reporter::message)) {
        start = null; // frees the checkpoint's arrays while the network trains
        TrainingAttempt attempt =
            new TrainingAttempt(
                plan, existing.lock(), records, texts, listeners(network), reporter, stop);
        reporter.started(plan);
        if (first) {
          String kind = fork != null ? "forked" : resumed ? "resumed" : "started";
          records.events().append(kind, state.iteration(), details(plan));
          fork = null;
          for (String warning : plan.warnings()) {
            reporter.message("warning: " + warning);
            records.events().append("warning", state.iteration(), Map.of("text", warning));
          }
        }
        start = attempt.run().orElse(null);
        return start == null ? attempt.result() : null;
      }
    }
  }

  private Map<String, Object> details(TrainingPlan plan) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("engine", plan.network().engine().description());
    details.put("iterations", plan.iterations());
    details.put("iterations_per_epoch", plan.text().training().segments());
    details.put("parameters", plan.network().numParams());
    details.put("baselines", plan.text().baselines()); // nats per character
    if (plan.configuration().training().maxMinutes() != null) {
      details.put("max_minutes", plan.configuration().training().maxMinutes());
    }
    if (fork != null) {
      details.putAll(fork.details());
    }
    return details;
  }

  /** A fork that would end at once is a mistake. */
  private void checkLeft(TrainingPlan plan) {
    if (fork != null && state.finished() != null) {
      throw new RunException(
          "%s: nothing is left to train: %s"
              .formatted(
                  ShellWord.shown(fork.source().file()),
                  CompleteRun.longer(configuration, state, plan.text().training().segments())));
    }
  }

  private void reportIgnoredWeights() {
    String ignored =
        weights != null
            ? weights.name()
            : forked != null ? "--fork " + ShellWord.onOneLine(forked) : null;
    if (ignored != null) {
      reporter.message(
          "%s: ignored, since this run resumes with its own weights".formatted(ignored));
    }
  }

  private List<TrainingListener> listeners(CharacterNetwork network) {
    return listeners.stream().map(listener -> listener.apply(network)).toList();
  }

  /** Initializes the network: random weights, another run's, or a checkpoint. */
  private TrainingState begin(CharacterNetwork network, TrainingText text) {
    Progress progress = start.progress();
    if (start.saved().isEmpty()) {
      if (weights == null) {
        return new TrainingState(progress);
      }
      int updates = weights.copyTo(network, text.corpus().vocabulary(), initial(), reporter);
      initial = null; // frees its arrays while the network trains
      return new TrainingState(progress.withEarlierUpdates(updates));
    }
    SavedNetwork saved = start.saved().get();
    if (texts == null && fork == null) {
      reportIgnoredWeights();
    }
    if (progress.segment() >= text.training().segments()) {
      throw new RunException(
          String.format(
              Locale.ROOT,
              "%s: is at segment %,d of an epoch of %,d: use another checkpoint",
              ShellWord.shown(saved.file()),
              progress.segment(),
              text.training().segments()));
    }
    saved.restoreTraining(network);
    if (fork == null) {
      CheckpointFolder folder = new CheckpointFolder(directory);
      folder.discardAfter(saved.file(), progress.iteration());
      folder.restoreBest(saved.file(), progress);
    } else {
      reporter.message(
          String.format(
              Locale.ROOT,
              "fork of %s at iteration %,d",
              ShellWord.shown(saved.file()),
              progress.iteration()));
      fork.changes().forEach(change -> reporter.message("changed: " + change));
    }
    return new TrainingState(progress);
  }
}
