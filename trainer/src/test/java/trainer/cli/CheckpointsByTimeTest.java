package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that are written by the clock, not by the number of iterations. */
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
  void oneIsWrittenWheneverTheTimeIsOver() throws IOException {
    // 6 microseconds: no iteration is faster.
    assertThat(checkpoints("0.0000001")).isEqualTo(ITERATIONS);
  }

  @Test
  void noneIsWrittenBefore() throws IOException {
    assertThat(checkpoints("1000")).as("the one at the end").isEqualTo(1);
  }
}
