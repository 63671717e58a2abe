package trainer.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.job.TrainingResult;
import trainer.job.TrainingResult.Outcome;

/** The examples do as they say. */
final class ExamplesTest {
  private static final Path TEXT = Path.of("../../datasets/shakespeare.txt");

  @TempDir private static Path folder;
  private static Path run;
  private static TrainingResult result;

  @BeforeAll
  static void train() throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, Files.readString(TEXT).substring(0, 20_000));
    run = folder.resolve("run");
    result = EmbeddedTraining.train(text, run);
  }

  @Test
  void trainingLeavesARun() {
    assertThat(result.outcome()).isEqualTo(Outcome.FINISHED);
    assertThat(result.progress().iteration()).isEqualTo(200);
    assertThat(run.resolve("best.zip")).exists();
    assertThat(run.resolve("loss.png")).exists();
  }

  @Test
  void samplingIsReproducible() {
    String text = EmbeddedSampling.sample(run);
    assertThat(text).hasSize(200).isEqualTo(EmbeddedSampling.sample(run));
  }

  @Test
  void evaluationAgreesWithTraining() {
    assertThat(EmbeddedSampling.evaluate(run).score().loss())
        .isEqualTo(result.progress().validation().bestLoss());
  }

  @Test
  void listenersSeeTrainingAndStopIt() throws IOException {
    Path configuration = folder.resolve("goal.yml");
    Files.writeString(
        configuration,
        """
        data: {corpus: text.txt}
        model: {layers: [{type: lstm, size: 64}]}
        training: {batch_size: 16, sequence_length: 32}
        """);
    var scores = CustomListeners.train(configuration, folder.resolve("goal"));
    assertThat(scores.getScoreVsIter().getEffectiveScores().length).isPositive();
    assertThat(folder.resolve("goal/latest.zip")).exists();
    assertThat(folder.resolve("goal/model.zip")).as("it was stopped").doesNotExist();
  }

  @Test
  void plainDeeplearning4jOpensACheckpoint() throws IOException {
    Path configuration = folder.resolve("plain.yml");
    Files.writeString(
        configuration,
        """
        data: {corpus: text.txt}
        model: {layers: [{type: lstm, size: 32}]}
        training: {batch_size: 16, sequence_length: 32}
        """);
    Path plain = folder.resolve("plain");
    CustomListeners.train(configuration, plain);
    assertThat(PlainDeeplearning4j.continuation(plain.resolve("latest.zip").toFile(), 20))
        .hasSize(20);
  }
}
