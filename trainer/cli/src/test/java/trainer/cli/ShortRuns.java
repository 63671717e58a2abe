package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;

/** Runs of 20 iterations of the small job, in one folder per test class. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ShortRuns {
  Path folder;
  Commands commands;

  @BeforeAll
  void writeTheJob(@TempDir Path temporary) throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    commands = new Commands(folder);
  }

  @AfterAll
  void end() {
    commands.close();
  }

  /** Trains for 20 iterations, unless {@code more} overrides that. */
  Result train(String directory, String... more) {
    String[] command = {SmallJob.FILE, "--set=training.max_iterations=20", "--output", directory};
    return commands.run(SmallJob.with(command, more));
  }

  /** The same job with very many iterations. */
  static String[] endless(String directory, String... more) {
    String[] command = {
      SmallJob.FILE,
      "--set=training.epochs=1000",
      "--set=training.max_iterations=null",
      "--output",
      directory
    };
    return SmallJob.with(command, more);
  }

  static void assertDone(Result result) {
    assertThat(result.exitCode()).as(result.err()).isZero();
  }

  static void assertRefused(Result result, String message) {
    assertThat(result.error()).isEqualTo("error: " + message);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
  }
}
