package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
import trainer.training.StopSignal;

/** A disk, or the server of a file system, that does not give a checkpoint for a while. */
final class FailingDiskTest {
  @TempDir private Path folder;

  private static final DiskObserver SOUND = operation -> {};

  /** Gives an error wherever the newest checkpoint is read. */
  private static final DiskObserver FAILING =
      new DiskObserver() {
        @Override
        public void before(Operation operation) {}

        @Override
        public void beforeReading(Path path) throws IOException {
          if (path.endsWith("checkpoints/12.zip")) {
            throw new IOException("Input/output error");
          }
        }
      };

  private void train(String directory, int iterations, DiskObserver disk) {
    Configuration configuration =
        ConfigurationLoader.load(
            folder.resolve(SmallJob.FILE),
            List.of(
                "training.max_iterations=" + iterations,
                "evaluation.every_iterations=4",
                "checkpoints={every_iterations: 4, keep_last: 2}",
                "samples.every_iterations=0"));
    Path run = WatchedFileSystem.watch(folder.resolve(directory), disk);
    new TrainingJob(configuration, new RunDirectory(run), Resume.AUTO, null, new StopSignal())
        .run();
  }

  @Test
  void aRunEndsWithTheReasonAndGoesOnLaterFromTheCheckpointThatCouldNotBeRead() {
    SmallJob.write(folder, 3_000);
    train("whole", 16, SOUND);
    train("run", 12, SOUND);
    Path newest = folder.resolve("run/checkpoints/12.zip");

    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> train("run", 16, FAILING))
        .withMessageStartingWith(newest + ": cannot be read (Input/output error): ")
        .matches(MachineFailure::isBehind, "ends with exit code 1");
    assertThat(newest).exists();

    train("run", 16, SOUND);
    assertThat(RunContents.events(folder.resolve("run"), "resumed"))
        .singleElement()
        .satisfies(event -> assertThat(event.get("iteration").asInt()).isEqualTo(12));
    assertThat(RunContents.of(folder.resolve("run")))
        .isEqualTo(RunContents.of(folder.resolve("whole")));
  }
}
