package trainer.job;

import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.config.binding.RecordType;
import trainer.file.AtomicFile;
import trainer.file.FileException;
import trainer.file.ShellWord;
import trainer.run.DamagedException;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.run.RunFileJson;

/**
 * Shows a run on a tracking server of MLflow. A thread sends what the run's own files hold and the
 * server lacks, so training never waits for it; mlflow.json says how far it is, also for a process
 * that resumes the run.
 */
final class MlFlow implements AutoCloseable {
  private static final int ROWS = 1000 / MlFlowServer.METRICS; // of a request
  private static final int VALUE_LENGTH = 500; // of a parameter, for servers before 2.8
  private static final Duration PAUSE = Duration.ofSeconds(2); // between requests
  private static final long MOST_SECONDS_TO_WAIT = 60; // after failures
  private static final Duration FOR_LAST_ROWS = Duration.ofSeconds(5);
  private static final Duration FOR_FILES = Duration.ofSeconds(60);

  private final RunDirectory directory;
  private final Configuration configuration;
  private final MlFlowServer server;
  private final Clock clock;
  private final Consumer<String> warning;
  private final BlockingQueue<Boolean> news = new ArrayBlockingQueue<>(1);
  private final AtomicReference<String> problem = new AtomicReference<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = new Thread(this::work, "mlflow");
  private volatile Status status = Status.RUNNING;
  private String warned = "";
  private Shown shown; // the thread's
  private boolean begun; // the thread's

  /** A run's status, in MLflow's words. */
  enum Status {
    RUNNING,
    FINISHED,
    KILLED,
    FAILED
  }

  /**
   * The run on the server, and what of this run it has: mlflow.json.
   *
   * @param artifactUri where it stores files
   * @param iteration of the last row sent; -1: not even the parameters
   * @param learningRateFactor at that iteration: iterations that are repeated with another one are
   *     sent again
   * @param finished whether everything was sent
   */
  record Shown(
      String trackingUri,
      String experiment,
      String runId,
      String artifactUri,
      int iteration,
      double learningRateFactor,
      boolean finished) {

    private Shown at(int last) {
      return new Shown(
          trackingUri, experiment, runId, artifactUri, last, learningRateFactor, finished);
    }

    private Shown from(TrainingStart start) {
      double factor = start.progress().learningRateFactor();
      int last = factor == learningRateFactor ? iteration : Math.min(iteration, start.iteration());
      return new Shown(trackingUri, experiment, runId, artifactUri, last, factor, false);
    }

    private Shown complete() {
      return new Shown(
          trackingUri, experiment, runId, artifactUri, iteration, learningRateFactor, true);
    }
  }

  private MlFlow(
      RunDirectory directory,
      Configuration configuration,
      Shown shown,
      Map<String, String> environment,
      Clock clock,
      Consumer<String> warning) {
    this.directory = directory;
    this.configuration = configuration;
    this.shown = shown;
    this.server = new MlFlowServer(configuration.mlflow().trackingUri(), environment);
    this.clock = clock;
    this.warning = warning;
    thread.setDaemon(true);
  }

  /**
   * Begins to send, if the configuration asks for it.
   *
   * @param warning receives messages in the caller's thread
   * @throws RunException if mlflow.json is damaged
   */
  static Optional<MlFlow> open(
      RunDirectory directory,
      Configuration configuration,
      TrainingStart start,
      Map<String, String> environment,
      Clock clock,
      Consumer<String> warning) {
    if (configuration.mlflow().trackingUri() == null) {
      return Optional.empty();
    }
    Shown shown =
        read(directory, configuration)
            .map(before -> before.from(start))
            .orElseGet(() -> nothing(configuration, start.progress().learningRateFactor()));
    MlFlow mlflow = new MlFlow(directory, configuration, shown, environment, clock, warning);
    mlflow.thread.start();
    return Optional.of(mlflow);
  }

  /** Sends what a run that is complete did not send when it was trained. */
  static void complete(
      RunDirectory directory,
      Configuration configuration,
      Map<String, String> environment,
      Clock clock,
      Consumer<String> warning) {
    if (configuration.mlflow().trackingUri() == null) {
      return;
    }
    Optional<Shown> before = read(directory, configuration);
    if (before.map(Shown::finished).orElse(false)) {
      return;
    }
    try (var lock = directory.open();
        MlFlow mlflow =
            new MlFlow(
                directory,
                configuration,
                before.orElseGet(() -> nothing(configuration, 1)),
                environment,
                clock,
                warning)) {
      lock.requireHeld();
      mlflow.thread.start();
      mlflow.ended(Status.FINISHED);
    } catch (FileException e) {
      warning.accept(e.getMessage());
    }
  }

  private static Shown nothing(Configuration configuration, double learningRateFactor) {
    return new Shown(
        configuration.mlflow().trackingUri(),
        configuration.mlflow().experiment(),
        "",
        "",
        -1,
        learningRateFactor,
        false);
  }

  /** The run on the server that the configuration names; empty if there is none yet. */
  private static Optional<Shown> read(RunDirectory directory, Configuration configuration) {
    Path file = directory.mlflow();
    if (!RunDirectory.has(file)) {
      return Optional.empty();
    }
    try {
      Shown shown =
          RunFileJson.read(
              RunFileJson.parse(Files.readString(file), file.toString()),
              Shown.class,
              file.toString());
      return Optional.of(shown)
          .filter(
              each ->
                  each.trackingUri().equals(configuration.mlflow().trackingUri())
                      && each.experiment().equals(configuration.mlflow().experiment()));
    } catch (DamagedException e) {
      throw new RunException(
          e.getMessage() + ": delete it, and MLflow will show the run a second time", e);
    } catch (IOException e) {
      throw FileException.of(file, "cannot be read", e, "check the disk");
    }
  }

  /** There are new rows in metrics.csv. */
  void appended() {
    news.offer(true);
    warn();
  }

  /** The run has ended. */
  void ended(Status how) {
    status = how;
  }

  /**
   * Sends the last rows, and the files of a run that is complete. Waits only a few seconds for the
   * rows, and a minute for the files.
   */
  @Override
  public void close() {
    closing.countDown();
    news.offer(true);
    Duration limit = status == Status.FINISHED ? FOR_FILES : FOR_LAST_ROWS;
    try {
      if (status != Status.RUNNING) { // else training restarts, and waits for nothing
        thread.join(limit.toMillis());
      }
      if (thread.isAlive()) {
        thread.interrupt();
        thread.join(limit.toMillis());
        if (status != Status.RUNNING) {
          problem.set(problem(new HttpTimeoutException("no answer in time")));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      thread.interrupt();
    }
    warned = ""; // the last message is about what is missing now
    warn();
  }

  private void warn() {
    String text = problem.getAndSet(null);
    if (text != null && !text.equals(warned)) {
      warned = text;
      warning.accept(text);
    }
  }

  private void work() {
    int failures = 0;
    boolean last;
    try {
      do {
        last = closing.getCount() == 0; // before sending: what is written by then is sent
        long seconds = PAUSE.toSeconds();
        try {
          problem.set(send(last));
          failures = 0;
        } catch (IOException | RuntimeException e) { // none of them ends training
          failures++;
          problem.set(problem(e));
          seconds = Math.min(MOST_SECONDS_TO_WAIT, PAUSE.toSeconds() << Math.min(failures, 10));
          if (e instanceof MlFlowServer.Refusal refusal) {
            seconds = Math.max(seconds, refusal.secondsToWait());
          }
        }
        if (!last && !closing.await(seconds, TimeUnit.SECONDS) && failures == 0) {
          news.take();
        }
      } while (!last);
    } catch (InterruptedException e) {
      // close() waits no longer
    }
  }

  private String problem(Exception e) {
    String reason =
        e.getMessage() == null || e.getMessage().isBlank()
            ? "cannot be reached"
            : ShellWord.onOneLine(e.getMessage());
    String advice =
        closing.getCount() == 0
            ? "the same command sends what is missing"
            : "training continues without it; what is missing is sent once it answers";
    if (e instanceof MlFlowServer.Refusal refusal) {
      if (refusal.status() == 401 || refusal.status() == 403) {
        advice =
            "set the environment variable MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and"
                + " MLFLOW_TRACKING_PASSWORD";
      } else if (refusal.status() == 404) {
        advice =
            shown.runId().isEmpty()
                ? "check the address"
                : "delete %s, and the same command shows the run again"
                    .formatted(ShellWord.shown(directory.mlflow()));
      }
    }
    return message(reason + "; " + advice);
  }

  private String message(String text) {
    return "mlflow.tracking_uri: %s: %s".formatted(configuration.mlflow().trackingUri(), text);
  }

  /** Returns a message, or null. */
  private String send(boolean last) throws IOException, InterruptedException {
    if (!begun) {
      begin();
    }
    List<MetricsRow> rows =
        Metrics.read(directory.metrics()).stream()
            .filter(row -> row.iteration() > shown.iteration())
            .toList();
    long start = provenance().started().toEpochMilli();
    for (int from = 0; from < rows.size(); from += ROWS) {
      List<MetricsRow> part = rows.subList(from, Math.min(rows.size(), from + ROWS));
      // The same time whenever a row is sent: MLflow drops a metric that it has already.
      server.append(shown.runId(), part, row -> start + Math.round(1e3 * row.seconds()));
      keep(shown.at(part.get(part.size() - 1).iteration()));
    }
    return last && status != Status.RUNNING ? end() : null;
  }

  private void begin() throws IOException, InterruptedException {
    Provenance provenance = provenance();
    if (shown.runId().isEmpty()) {
      String experiment = server.experiment(shown.experiment());
      Map.Entry<String, String> run =
          server.create(
              experiment,
              configuration.name(),
              provenance.started().toEpochMilli(),
              tags(provenance));
      keep(
          new Shown(
              shown.trackingUri(),
              shown.experiment(),
              run.getKey(),
              run.getValue(),
              -1,
              shown.learningRateFactor(),
              false));
    } else {
      server.update(shown.runId(), Status.RUNNING.name(), null);
      server.setTags(shown.runId(), tags(provenance));
    }
    if (shown.iteration() < 0) {
      server.setParameters(shown.runId(), parameters());
      keep(shown.at(0));
    }
    begun = true;
  }

  private String end() throws IOException, InterruptedException {
    boolean finished = status == Status.FINISHED;
    boolean takesFiles = server.takesFiles(shown.artifactUri());
    if (finished && takesFiles) {
      for (Path file :
          List.of(
              directory.config(),
              directory.vocabulary(),
              directory.provenance(),
              directory.metrics(),
              directory.samples(),
              directory.lossPng(),
              directory.lossSvg(),
              directory.model())) {
        if (Files.exists(file)) {
          server.upload(shown.artifactUri(), file.getFileName().toString(), file);
        }
      }
    }
    server.update(shown.runId(), status.name(), clock.millis());
    if (finished) {
      keep(shown.complete());
    }
    return !finished || takesFiles
        ? null
        : message(
            "has the metrics, and takes no files (they are at %s); start it with --serve-artifacts"
                .formatted(shown.artifactUri()));
  }

  private void keep(Shown now) {
    shown = now;
    AtomicFile.write(directory.mlflow(), RunFileJson.text(now));
  }

  private Provenance provenance() throws IOException {
    return Provenance.parse(
        Files.readString(directory.provenance()), directory.provenance().toString());
  }

  private static Map<String, String> tags(Provenance provenance) {
    boolean resumed = !provenance.resumed().isEmpty();
    Provenance.Resumption newest =
        resumed ? provenance.resumed().get(provenance.resumed().size() - 1) : null;
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("mlflow.source.type", "LOCAL");
    tags.put("mlflow.source.name", provenance.program());
    tags.put("mlflow.source.git.commit", provenance.build().commit());
    tags.put("commit", resumed ? newest.commit() : provenance.build().describedCommit());
    tags.put("engine", resumed ? newest.engine() : provenance.engine());
    tags.put("device", resumed ? newest.device() : provenance.device());
    tags.put("corpus_sha256", provenance.corpus().get(0).sha256());
    return tags;
  }

  /** The configuration's values by key, as the run began with them: MLflow does not change them. */
  private Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>();
    RecordType.of(Configuration.class)
        .flatten(
            ConfigurationLoader.load(directory.config(), List.of()),
            "",
            (key, value) -> {
              if (!key.startsWith("mlflow.")) { // brackets are not for names there
                parameters.put(
                    key.replace('[', '.').replace("]", ""),
                    ShellWord.shortened(value, VALUE_LENGTH - 1));
              }
            });
    return parameters;
  }
}
