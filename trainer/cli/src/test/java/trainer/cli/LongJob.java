package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import trainer.cli.TrainerProcess.Result;
import trainer.machine.Machine;

/**
 * A job that takes a few seconds: long enough for something to happen to it.
 *
 * @param folder where it lies
 * @param result what it ends with if nothing happens
 */
record LongJob(Path folder, RunContents result) {
  private static final String[] ARGUMENTS = {
    SmallJob.FILE,
    "--set=training.max_iterations=1000",
    "--set=evaluation.every_iterations=250",
    "--set=checkpoints.every_iterations=50",
    "--set=samples.every_iterations=500"
  };

  /** Writes it into a folder of a folder and trains it there. */
  static LongJob train(Path parent) throws IOException {
    Path folder = Files.createDirectory(parent.resolve("work"));
    SmallJob.write(folder);
    Result result = TrainerProcess.run(folder, ARGUMENTS);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return new LongJob(folder, RunContents.of(folder.resolve("models/small")));
  }

  /** The same on another machine. */
  TrainerMachine on(Machine machine) {
    return new TrainerMachine(machine, folder, ARGUMENTS);
  }

  /**
   * That a run ended as if nothing had happened; samples of a time without space may be missing.
   */
  void assertSame(Path run) {
    RunContents contents = RunContents.of(run);
    assertThat(contents.checkpoint()).isEqualTo(result.checkpoint());
    assertThat(contents.metrics()).isEqualTo(result.metrics());
    assertThat(run.resolve("model.zip")).exists();
    assertThat(RunContents.events(run, "finished")).hasSize(1);
  }
}
