package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import trainer.cli.TrainerProcess.Result;
import trainer.machine.Machine;

/**
 * A job of a few seconds, long enough to be interrupted.
 *
 * @param folder of its files
 * @param result of an uninterrupted run
 */
record LongJob(Path folder, RunContents result) {
  private static final String[] ARGUMENTS = {
    SmallJob.FILE,
    "--set=training.max_iterations=1000",
    "--set=evaluation.every_iterations=250",
    "--set=checkpoints.every_iterations=50",
    "--set=samples.every_iterations=500"
  };

  /** Writes the job into a subfolder and trains it there. */
  static LongJob train(Path parent) throws IOException {
    Path folder = Files.createDirectory(parent.resolve("work"));
    SmallJob.write(folder);
    Result result = TrainerProcess.run(folder, ARGUMENTS);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return new LongJob(folder, RunContents.of(folder.resolve("models/small")));
  }

  /** Trains on another machine. */
  TrainerMachine on(Machine machine) {
    return new TrainerMachine(machine, folder, ARGUMENTS);
  }

  /** Asserts that a run ended like an uninterrupted one; samples may be missing. */
  void assertSame(Path run) {
    RunContents contents = RunContents.of(run);
    assertThat(contents.checkpoint()).isEqualTo(result.checkpoint());
    assertThat(contents.metrics()).isEqualTo(result.metrics());
    assertThat(run.resolve("model.zip")).exists();
    assertThat(RunContents.events(run, "finished")).hasSize(1);
  }
}
