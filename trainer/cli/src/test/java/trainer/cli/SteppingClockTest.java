package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import trainer.machine.Machine;
import trainer.machine.Machine.Answer;
import trainer.machine.Network;

/**
 * Sets the clock of a virtual machine while the program runs on it. Enabled by {@code
 * -Dmachines=true}; needs User-mode Linux.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
@Tag("slow")
final class SteppingClockTest {
  private static final String RUN = "/mnt/run/run";
  private static final int SECONDS_COLUMN = 3;

  /** Forwards and backwards, by seconds and by decades. */
  private static final String STEPS =
      "for time in 2090-01-01 1975-01-01 2030-06-01T00:00:10 2030-06-01 2000-01-01;"
          + " do date -s $time; sleep 0.3; done";

  @TempDir private Path temporary;

  @Test
  void trainingEndsTheSameAndResumesFromTheNewestCheckpoint() throws IOException {
    TrainerMachine.assumeWanted();
    LongJob job = LongJob.train(temporary);
    try (Network network = Network.open(temporary);
        TrainerMachine trainer = job.on(Machine.boot("clock", "10.0.0.1", network, temporary))) {
      Machine machine = trainer.machine();
      trainer.start(RUN);
      machine.require(STEPS);
      trainer.signal("KILL");
      trainer.end();
      String newest = machine.require("ls " + RUN + "/checkpoints | sort -n | tail -n 1").strip();
      machine.require("date -s 1980-01-01");
      trainer.start(RUN);
      machine.require(STEPS);
      Answer answer = trainer.end();
      assertThat(answer.exitCode()).as(answer.output()).isZero();
      assertThat(answer.output().replace(",", ""))
          .contains("(resuming at iteration " + newest.replace(".zip", " of"));
      Path run = trainer.copy(RUN);
      job.assertSame(run);
      assertThat(RunContents.read(run.resolve("events.jsonl"))).contains("\"2090-", "\"1975-");
      double before = 0;
      for (String[] row : RunContents.rows(run)) {
        double seconds = Double.parseDouble(row[SECONDS_COLUMN]);
        assertThat(seconds).isBetween(before, 240.0);
        before = seconds;
      }
    }
  }
}
