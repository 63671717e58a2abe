package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.cli.Commands;
import trainer.cli.RunContents;
import trainer.cli.SmallJob;
import trainer.cli.TrainerProcess.Result;

/** A run that diverges at its learning rate, but not at half of it or less. */
@Tag("slow")
final class RollbackTest {
  private static final int LEARNING_RATE = 6; // column of metrics.csv
  private static final double RATE = 40;

  @TempDir private static Path temporary;
  private static Path folder;
  private static Commands commands;
  private static Result uninterrupted;

  @BeforeAll
  static void trainWithoutInterruption() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    commands = new Commands(folder);
    uninterrupted = train("whole", 30);
    assertThat(uninterrupted.exitCode()).as(uninterrupted.err()).isZero();
    assertThat(uninterrupted.err())
        .contains("training diverged at iteration ")
        .containsPattern(
            "rolling back to (iteration \\d+|the initial weights), learning rate scaled by 0\\.5 \\(retry 1 of 3\\)");
  }

  @AfterAll
  static void end() {
    commands.close();
  }

  private static Result train(String directory, int iterations) {
    return commands.run(job(directory, iterations));
  }

  private static String[] job(String directory, int iterations) {
    return new String[] {
      SmallJob.FILE,
      "--output",
      directory,
      "--set=training.max_iterations=" + iterations,
      "--set=training.gradient_clipping=none",
      "--set=training.optimizer={type: sgd, learning_rate: %s, momentum: 0.0}".formatted(RATE),
      "--set=evaluation.every_iterations=10",
      "--set=checkpoints={every_iterations: 3, keep_last: 3, keep_best: 0}",
      "--set=samples.every_iterations=10"
    };
  }

  @Test
  void rollsBackAtALowerLearningRateAndReportsIt() {
    Path run = folder.resolve("whole");
    List<JsonNode> rollbacks = RunContents.events(run, "rolled_back");

    assertThat(rollbacks).hasSizeBetween(1, DivergenceRecovery.RETRIES);
    double factor = 1;
    for (JsonNode rollback : rollbacks) {
      factor *= DivergenceRecovery.FACTOR;
      assertThat(rollback.at("/details/learning_rate_factor").asDouble()).isEqualTo(factor);
      assertThat(rollback.at("/details/to_iteration").asInt())
          .isLessThan(rollback.get("iteration").asInt());
      assertThat(rollback.at("/details/reason").asText()).startsWith("training diverged at ");
    }
    List<String[]> rows = RunContents.rows(run);
    assertThat(Double.parseDouble(rows.get(rows.size() - 1)[LEARNING_RATE]))
        .isEqualTo(RATE * factor);
    assertThat(rows)
        .extracting(row -> Integer.parseInt(row[0]))
        .isEqualTo(Stream.iterate(1, i -> i + 1).limit(30).toList());
    assertThat(run.resolve("model.zip")).exists();
  }

  @Test
  void rollbackIsNoNewStart() throws IOException {
    Path run = folder.resolve("whole");
    assertThat(RunContents.events(run, "started")).hasSize(1);
    assertThat(RunContents.events(run, "resumed")).isEmpty();
    assertThat(new ObjectMapper().readTree(run.resolve("provenance.json").toFile()).get("resumed"))
        .isEmpty();
    assertThat(uninterrupted.err())
        .containsOnlyOnce("baseline  unigram ")
        .containsOnlyOnce("output    whole (new run)");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 11})
  void aRunThatIsResumedBeforeOrAfterARollbackEndsLikeAnUninterruptedOne(int iterations) {
    String directory = "cut-" + iterations;
    Result first = train(directory, iterations);
    assertThat(first.exitCode()).as(first.err()).isZero();
    Result second = train(directory, 30);
    assertThat(second.exitCode()).as(second.err()).isZero();

    RunContents resumed = RunContents.of(folder.resolve(directory));
    RunContents whole = RunContents.of(folder.resolve("whole"));
    for (String entry : List.of("coefficients.bin", "trainer/carried.bin")) {
      assertThat(resumed.checkpoint().get(entry)).isEqualTo(whole.checkpoint().get(entry));
    }
  }
}
