package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainCommand.Resume;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.disk.DiskObserver;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.run.RunDirectory;
import trainer.run.RunException;
import trainer.text.TextException;
import trainer.training.StopSignal;

/**
 * The disk is full for a while, from every so many writes on. {@code -Dfull.disk.cases=100} begins
 * at so many places, else few.
 */
final class FullDiskTest {
  private static final int CASES = Integer.getInteger("full.disk.cases", 20);
  private static final int WRITES_WITHOUT_SPACE = 12;

  @TempDir private static Path temporary;
  private static Configuration configuration;
  private static byte[] parameters;
  private static int writes;

  /** Has no space for some of the writes, counted from 0. */
  private static final class SmallDisk implements DiskObserver {
    private final int from;
    private int written;
    private int refused;

    SmallDisk(int from) {
      this.from = from;
    }

    @Override
    public void before(Operation operation) throws IOException {
      if (operation instanceof Operation.Write) {
        int number = written++;
        if (number >= from && number < from + WRITES_WITHOUT_SPACE) {
          refused++;
          throw new FileSystemException(null, null, "No space left on device");
        }
      }
    }
  }

  @BeforeAll
  static void trainWithSpace() {
    SmallJob.write(temporary, 3_000);
    List<String> settings =
        List.of(
            "training.max_iterations=24",
            "evaluation.every_iterations=8",
            "checkpoints={every_iterations: 4, keep_last: 2}",
            "samples.length=5");
    configuration = ConfigurationLoader.load(temporary.resolve(SmallJob.FILE), settings);
    SmallDisk large = new SmallDisk(Integer.MAX_VALUE - WRITES_WITHOUT_SPACE);
    train("whole", large);
    parameters = parameters("whole");
    writes = large.written;
  }

  private static void train(String directory, DiskObserver disk) {
    Path run = WatchedFileSystem.watch(temporary.resolve(directory), disk);
    new TrainingJob(configuration, new RunDirectory(run), Resume.AUTO, null, new StopSignal())
        .run();
  }

  private static byte[] parameters(String directory) {
    return RunContents.entries(temporary.resolve(directory).resolve("latest.zip"))
        .get("coefficients.bin");
  }

  @Test
  void trainingGoesOnAndWhereItCannotNothingIsLost() throws IOException {
    int wentOn = 0;
    for (int i = 0; i < CASES; i++) {
      int from = i * writes / CASES;
      String directory = "full-" + i;
      SmallDisk disk = new SmallDisk(from);
      try {
        train(directory, disk);
        wentOn++;
      } catch (RunException | TextException e) {
        // Before the first iteration, and for the result after the last.
        assertThat(e).as("from write %d", from).hasMessageContaining("No space left on device");
        train(directory, operation -> {});
      }
      assertThat(disk.refused).as("from write %d", from).isPositive();
      assertThat(parameters(directory)).as("from write %d", from).isEqualTo(parameters);
      assertThat(RunContents.rows(temporary.resolve(directory)))
          .as("from write %d", from)
          .extracting(row -> Integer.parseInt(row[0]))
          .containsExactlyElementsOf(
              RunContents.rows(temporary.resolve("whole")).stream()
                  .map(row -> Integer.parseInt(row[0]))
                  .toList());
      assertThat(Files.exists(temporary.resolve(directory).resolve("model.zip"))).isTrue();
    }
    System.out.printf("full disk from %d of %,d writes: %d went on%n", CASES, writes, wentOn);
    assertThat(wentOn).isGreaterThan(CASES / 3);
  }
}
