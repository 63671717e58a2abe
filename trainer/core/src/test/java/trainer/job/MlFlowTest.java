package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.ConfigurationLoader;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.training.DivergenceException;
import trainer.training.StopSignal;

/** A tracking server has what the run recorded, each step once, whatever happened to it. */
class MlFlowTest {
  @TempDir private Path folder;
  private MlFlowStandIn server;
  private final List<String> messages = new ArrayList<>();
  private int divergesAt; // once; 0: never

  @BeforeEach
  void start() throws IOException {
    server = new MlFlowStandIn(0);
  }

  @AfterEach
  void stop() {
    server.close();
    assertThat(server.violations).isEmpty();
  }

  private TrainingResult train(int iterations, int stopAt, String... more) throws IOException {
    Path corpus = folder.resolve("corpus.txt");
    Files.writeString(corpus, "from fairest creatures we desire increase, ".repeat(40));
    List<String> settings = new ArrayList<>(List.of(more));
    settings.add("training.max_iterations=" + iterations);
    settings.add("mlflow.tracking_uri=" + server.uri() + "/");
    StopSignal stop = new StopSignal();
    return new TrainingJob(
            ConfigurationLoader.parse(
                """
                data: {corpus: '%s'}
                model: {layers: [{type: graves_lstm, size: 4}]}
                training: {batch_size: 4, sequence_length: 8, schedule: {type: constant}}
                evaluation: {every_iterations: 4}
                checkpoints: {every_iterations: 3}
                samples: {every_iterations: 4, length: 20, temperatures: [0.5]}
                compute: {engine: nd4j}
                """
                    .formatted(corpus),
                "board.yml",
                settings),
            folder.resolve("run"))
        .stop(stop)
        .reporter(
            new JobReporter() {
              @Override
              public void message(String text) {
                messages.add(text);
              }
            })
        .listener(
            state -> {
              if (state.iteration() == stopAt) {
                stop.request("the test");
              }
              if (state.iteration() == divergesAt) {
                divergesAt = 0;
                throw new DivergenceException("the test");
              }
            })
        .run();
  }

  private void assertShown() {
    MlFlowStandIn.ShownRun run = server.run();
    Map<Integer, Double> train = new TreeMap<>();
    Map<Integer, Double> validation = new TreeMap<>();
    for (MetricsRow row : Metrics.read(folder.resolve("run/metrics.csv"))) {
      train.put(row.iteration(), row.trainLoss());
      if (row.validationLoss() != null) {
        validation.put(row.iteration(), row.validationLoss());
      }
    }
    assertThat(train).hasSizeGreaterThan(5);
    assertThat(run.metrics.get("loss/train")).isEqualTo(train);
    assertThat(run.metrics.get("loss/validation")).isEqualTo(validation);
    assertThat(run.metrics)
        .containsOnlyKeys(
            "loss/train",
            "loss/validation",
            "learning_rate",
            "gradient_norm",
            "characters_per_second");
  }

  @Test
  void hasParametersMetricsTagsAndFiles() throws IOException {
    train(12, 0, "mlflow.experiment=poems & plays");

    assertShown();
    MlFlowStandIn.ShownRun run = server.run();
    assertThat(server.experiments).containsOnlyKeys("poems & plays");
    assertThat(run.name).isEqualTo("board");
    assertThat(run.status).isEqualTo("FINISHED");
    assertThat(run.parameters)
        .containsEntry("model.layers.0.size", "4")
        .containsEntry("training.max_iterations", "12")
        .doesNotContainKey("mlflow.tracking_uri");
    assertThat(run.tags)
        .containsKeys("commit", "device", "mlflow.source.git.commit", "corpus_sha256")
        .hasEntrySatisfying("engine", engine -> assertThat(engine).startsWith("nd4j"));
    assertThat(run.files)
        .containsOnlyKeys(
            "config.yml",
            "vocabulary.json",
            "provenance.json",
            "metrics.csv",
            "samples.txt",
            "loss.png",
            "loss.svg",
            "model.zip");
    assertThat(run.files.get("model.zip"))
        .isEqualTo(Files.readAllBytes(folder.resolve("run/model.zip")));
    assertThat(messages).noneMatch(text -> text.contains("mlflow"));
  }

  @Test
  void aResumedRunGoesOnInTheSameRun() throws IOException {
    train(12, 8);
    assertThat(server.run().status).isEqualTo("KILLED");
    assertThat(server.run().files).isEmpty();
    Files.deleteIfExists(
        folder.resolve("run/checkpoints/8.zip")); // as if killed after that was sent
    Files.copy(
        folder.resolve("run/checkpoints/6.zip"),
        folder.resolve("run/latest.zip"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.deleteIfExists(folder.resolve("run/best.zip"));
    train(16, 0, "checkpoints.every_iterations=4"); // parameters that differ are not sent

    assertShown();
    assertThat(server.run().status).isEqualTo("FINISHED");
    assertThat(server.run().parameters).containsEntry("training.max_iterations", "12");
  }

  @Test
  void aRunThatWentOnWithoutAServerIsCompletedByTheSameCommand() throws IOException {
    int port = server.port();
    server.close();
    assertThat(train(12, 0).outcome()).isEqualTo(TrainingResult.Outcome.FINISHED);
    assertThat(messages)
        .anyMatch(
            text ->
                text.startsWith("mlflow.tracking_uri: http://127.0.0.1:" + port)
                    && text.endsWith("the same command sends what is missing"));

    server = new MlFlowStandIn(port);
    assertThat(train(12, 0).outcome()).isEqualTo(TrainingResult.Outcome.COMPLETE_BEFORE);
    assertShown();
    assertThat(server.run().status).isEqualTo("FINISHED");
    assertThat(server.run().files).containsKey("model.zip");

    int requests = server.requests.size();
    train(12, 0);
    assertThat(server.requests).hasSize(requests); // nothing is left to send
  }

  @Test
  void errorsOfTheServerAreRetried() throws IOException {
    Random random = new Random(7);
    AtomicBoolean failed = new AtomicBoolean();
    server.trouble =
        path ->
            failed.getAndSet(true) && random.nextInt(8) > 0 ? 0 : random.nextBoolean() ? 500 : 429;
    for (int i = 0; i < 60 && !isFinished(); i++) {
      train(12, 0);
    }

    assertShown();
    assertThat(server.run().status).isEqualTo("FINISHED");
    assertThat(messages).anyMatch(text -> text.contains(" not now; "));
  }

  private boolean isFinished() {
    return server.runs.size() == 1 && server.run().status.equals("FINISHED");
  }

  @Test
  void trainingDoesNotWaitForAServerThatHangs() throws IOException {
    server.held = new CountDownLatch(1);
    List<Integer> seen = new ArrayList<>();
    train(12, 8); // while the first request is never answered
    for (MetricsRow row : Metrics.read(folder.resolve("run/metrics.csv"))) {
      seen.add(row.iteration());
    }

    assertThat(seen).contains(8);
    assertThat(server.requests).hasSize(1);
    assertThat(messages).anyMatch(text -> text.contains("no answer in time"));
  }

  @Test
  void aDeletedRunIsSaidToBeGone() throws IOException {
    train(12, 8);
    server.runs.clear();
    train(12, 0);

    assertThat(messages).anyMatch(text -> text.contains("mlflow.json, and the same command shows"));
    Files.delete(folder.resolve("run/mlflow.json"));
    train(12, 0);
    assertShown();
  }

  @Test
  void aServerThatTakesNoFilesIsNamed() throws IOException {
    server.artifactRoot = "s3://bucket/";
    train(12, 0);

    assertShown();
    assertThat(server.run().files).isEmpty();
    assertThat(messages).anyMatch(text -> text.contains("start it with --serve-artifacts"));
  }

  @Test
  void rowsThatAreRepeatedAtAnotherLearningRateAreSentAgain() throws IOException {
    train(12, 8);
    RunDirectory run = new RunDirectory(folder.resolve("run"));
    String json = Files.readString(run.mlflow());
    Files.writeString(
        run.mlflow(),
        json.replace("\"learning_rate_factor\" : 1.0", "\"learning_rate_factor\" : 2.0"));
    Files.deleteIfExists(run.checkpoint(8));
    Files.copy(run.checkpoint(6), run.latest(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.deleteIfExists(run.best());
    train(12, 0);

    assertThat(server.violations).first().asString().contains("at step 7, twice");
    server.violations.clear();
  }

  @Test
  void aRollbackIsNoProblemOfTheServer() throws IOException {
    divergesAt = 8;
    train(12, 0);
    assertThat(messages).anyMatch(text -> text.startsWith("rolling back to iteration 6"));
    assertThat(messages).noneMatch(text -> text.contains("no answer in time"));
    server.violations.clear(); // steps that were repeated
  }

  @Test
  void credentialsComeFromTheEnvironment() throws IOException, InterruptedException {
    authorize(Map.of("MLFLOW_TRACKING_TOKEN", "abc"));
    authorize(
        Map.of(
            "MLFLOW_TRACKING_TOKEN", "abc",
            "MLFLOW_TRACKING_USERNAME", "me",
            "MLFLOW_TRACKING_PASSWORD", "secret"));
    authorize(Map.of());

    assertThat(server.authorizations)
        .containsExactly("Bearer abc", "Bearer abc", "Basic bWU6c2VjcmV0", "null");
  }

  private void authorize(Map<String, String> environment) throws IOException, InterruptedException {
    new MlFlowServer(server.uri(), environment).experiment("one");
  }

  @Test
  void withoutAnAddressNothingIsSent() {
    assertThat(
            MlFlow.open(
                new RunDirectory(folder),
                ConfigurationLoader.parse("data: {corpus: a.txt}", "a.yml", List.of()),
                new TrainingStart(Optional.empty(), 1),
                Map.of(),
                Clock.systemUTC(),
                messages::add))
        .isEmpty();
  }
}
