package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.run.RunDirectory;
import trainer.training.Validation;

/** The files that a fork begins with. */
final class ForkTest {
  private static final String JOB =
      """
      data: {corpus: text.txt}
      model: {layers: [{type: lstm, size: 6}]}
      training: {batch_size: 2, sequence_length: 10, max_iterations: 10}
      evaluation: {every_iterations: 3}
      checkpoints: {every_iterations: 4, keep_last: 10}
      compute: {engine: cpu, threads: 1}
      """;

  @TempDir private Path folder;

  /** The advice of a refused change works. */
  @Test
  void aRunThatHasIterationsLeftCanBeContinuedWithTheChange() throws IOException {
    Files.writeString(folder.resolve("text.txt"), "from fairest creatures\n".repeat(80));
    Configuration half = configuration(JOB.replace("10}\nevaluation", "4}\nevaluation"));
    RunDirectory old = new RunDirectory(folder.resolve("old"));
    new TrainingJob(half, old.path()).run();
    Configuration changed =
        configuration(
            JOB.replace(
                "10}\nevaluation", "10, optimizer: {type: adam, learning_rate: 0.5}}\nevaluation"));
    assertThatThrownBy(() -> new TrainingJob(changed, old.path()).run())
        .hasMessageContaining(
            "  --output NEW --fork " + old.path() + ": to continue it in a new run");
    Configuration asLong =
        changed.with(changed.training().withIterations(half.training().maxIterations()));
    assertThatThrownBy(() -> new TrainingJob(asLong, old.path()).run())
        .hasMessageNotContaining("--fork");
    RunDirectory fork = new RunDirectory(folder.resolve("new"));
    new TrainingJob(changed, fork.path()).fork(old.path().toString()).run();
    assertThat(Files.readAllLines(fork.metrics())).hasSizeGreaterThan(5);
    assertThat(fork.model()).exists();
  }

  private Configuration configuration(String text) {
    return ConfigurationLoader.parse(text, "job.yml", List.of()).resolve(folder);
  }

  /** Evaluations are at 3, 6, 9 and 10, checkpoints also at 4 and 8. */
  @Test
  void theBestCheckpointUpToThereIsKeptIfItStillExists() throws IOException {
    Files.writeString(folder.resolve("text.txt"), "from fairest creatures\n".repeat(80));
    Configuration configuration = configuration(JOB);
    RunDirectory old = new RunDirectory(folder.resolve("old"));
    new TrainingJob(configuration, old.path()).run();
    SavedNetwork last = SavedNetwork.open(old.checkpoint(8));
    int best = last.checkpoint().progress().validation().bestIteration();
    assertThat(best).isEqualTo(6);

    assertThat(written(last, configuration, "new").best()).satisfies(file -> isOf(file, 6));
    Fork early = Fork.of(SavedNetwork.open(old.checkpoint(4)), configuration);
    assertThat(early.best().orElseThrow()).satisfies(file -> isOf(file, 3));

    Files.delete(old.checkpoint(6));
    RunDirectory without = written(last, configuration, "without");
    assertThat(without.best()).doesNotExist();
    assertThat(Checkpoint.read(without.latest()).progress().validation())
        .as("the next evaluation is the best")
        .isEqualTo(Validation.none());
  }

  private RunDirectory written(SavedNetwork source, Configuration configuration, String name)
      throws IOException {
    RunDirectory directory = new RunDirectory(folder.resolve(name));
    Files.createDirectories(directory.checkpoints());
    Fork.of(source, configuration).writeTo(directory);
    return directory;
  }

  /** Which lines are held out depends on the seed. */
  @Test
  void theSeedStaysWhereItShufflesTheLines() throws IOException {
    Files.writeString(folder.resolve("text.txt"), "from fairest creatures\n".repeat(80));
    for (String shuffle : List.of("none", "lines")) {
      String job = JOB.replace("text.txt}", "text.txt, shuffle: %s}".formatted(shuffle));
      RunDirectory old = new RunDirectory(folder.resolve(shuffle));
      new TrainingJob(configuration(job), old.path()).run();
      SavedNetwork source = SavedNetwork.open(old.checkpoint(8));
      Configuration other = configuration("seed: 7\n" + job);
      if (shuffle.equals("none")) {
        assertThat(Fork.of(source, other).changes()).hasSize(1);
      } else {
        assertThatThrownBy(() -> Fork.of(source, other))
            .hasMessageContaining("  seed: 42 -> 7\nundo the change, or start at iteration 0");
      }
    }
  }

  /** The files that the fork begins with would go away with the run. */
  @Test
  void aRunIsNotForkedIntoItsOwnPlace() throws IOException {
    Files.writeString(folder.resolve("text.txt"), "from fairest creatures\n".repeat(80));
    RunDirectory old = new RunDirectory(folder.resolve("old"));
    new TrainingJob(configuration(JOB), old.path()).run();
    byte[] config = Files.readAllBytes(old.config());
    Configuration longer = configuration(JOB.replace("10}\nevaluation", "20}\nevaluation"));
    assertThatThrownBy(
            () ->
                new TrainingJob(longer, old.path())
                    .resume(Resume.NEVER)
                    .fork(old.path() + "@8")
                    .run())
        .hasMessageContaining("would be renamed: name another with --output");
    assertThat(old.config()).hasBinaryContent(config);
    assertThat(folder.resolve("old.1")).doesNotExist();
  }

  private static void isOf(Path file, int iteration) {
    assertThat(Checkpoint.read(file).progress().iteration()).isEqualTo(iteration);
  }
}
