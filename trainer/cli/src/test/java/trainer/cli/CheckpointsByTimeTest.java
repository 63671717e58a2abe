package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.disk.DiskObserver;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.file.FileException;
import trainer.job.TrainingJob;

/** {@code checkpoints.every_minutes}. */
@Tag("slow")
final class CheckpointsByTimeTest {
  private static final int ITERATIONS = 12;

  @TempDir private Path folder;

  private long checkpoints(String everyMinutes) throws IOException {
    SmallJob.write(folder);
    Path run = folder.resolve("run");
    InProcess training =
        InProcess.run(
            folder.resolve(SmallJob.FILE).toString(),
            "--output=" + run,
            "--set=training.max_iterations=" + ITERATIONS,
            "--set=checkpoints={every_iterations: 0, every_minutes: %s}".formatted(everyMinutes),
            "--set=evaluation.every_iterations=1000",
            "--set=samples.every_iterations=0");
    assertThat(training.exitCode()).as(training.err()).isZero();
    try (var events = Files.lines(run.resolve("events.jsonl"))) {
      return events.filter(line -> line.contains("\"kind\":\"checkpoint\"")).count();
    }
  }

  @Test
  void oneIsWrittenWheneverTheIntervalIsOver() throws IOException {
    // 6 microseconds: no iteration is faster.
    assertThat(checkpoints("0.0000001")).isEqualTo(ITERATIONS);
  }

  /** Each attempt reads all parameters and waits for the disk. */
  @Test
  void whileTheDiskIsFullTheNextIsTriedOnlyWhenTheTimeIsOverAgain() {
    SmallJob.write(folder);
    Configuration configuration =
        ConfigurationLoader.load(
            folder.resolve(SmallJob.FILE),
            List.of(
                "training.max_iterations=300",
                "checkpoints={every_iterations: 0, every_minutes: 0.001}",
                "evaluation.every_iterations=1000",
                "samples.every_iterations=0"));
    AtomicInteger tries = new AtomicInteger();
    DiskObserver full =
        operation -> {
          if (operation instanceof Operation.Create file && isPart(file.path())) {
            tries.incrementAndGet();
            throw new FileSystemException(null, null, "No space left on device");
          }
        };
    Path run = WatchedFileSystem.watch(folder.resolve("run"), full);
    long start = System.nanoTime();
    assertThatExceptionOfType(FileException.class)
        .as("the one at the end")
        .isThrownBy(() -> new TrainingJob(configuration, run).run());
    double milliseconds = (System.nanoTime() - start) / 1e6;
    assertThat(tries.get()).isBetween(2, 2 + (int) (milliseconds / 60));
  }

  @Test
  void noneIsWrittenBefore() throws IOException {
    assertThat(checkpoints("1000")).as("the one at the end").isEqualTo(1);
  }

  private static boolean isPart(Path file) {
    return file.toString().matches(".*/checkpoints/\\.[0-9]+\\.zip\\.part");
  }
}
