package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import trainer.cli.TrainerProcess.Result;

/** A run whose directory another process changes. */
@Tag("slow")
final class DisturbedRunTest extends ShortRuns {
  @Test
  void secondTrainerIsRefused() {
    try (TrainerProcess first = TrainerProcess.start(folder, endless("busy"))) {
      first.awaitError("output    busy");
      for (String mode : List.of("auto", "never")) {
        Result second = commands.run(endless("busy", "--resume", mode));

        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.error())
            .matches(
                "error: busy: another trainer is writing here \\(host \\S+, process \\d+\\): wait for it, stop it,"
                    + " or name another run directory with --output");
      }
      assertThat(first.isAlive()).isTrue();
    }
  }

  /** As on a file system without locks. */
  @Test
  void aRunThatAnotherHasTakenIsLeftToIt() throws IOException {
    Path run = folder.resolve("taken");
    try (TrainerProcess first = TrainerProcess.start(folder, endless("taken"))) {
      first.await("checkpoint", () -> Files.exists(run.resolve("latest.zip")));
      Files.writeString(run.resolve("lock"), "host elsewhere, process 7\n");

      Result result = first.end();
      assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
      assertThat(result.error())
          .isEqualTo(
              "error: taken: is no longer locked by this trainer (host elsewhere, process 7): this machine lost"
                  + " the file system for a while, or it does not support locks; let the other trainer"
                  + " continue, or start over");
    }
    assertThat(run.resolve("lock")).hasContent("host elsewhere, process 7\n");
    assertThat(RunContents.events(run, "failed")).isEmpty();
  }

  @Test
  void corpusThatIsCutUnderARunEndsItAndIsMadeAgain() throws IOException {
    Path run = folder.resolve("shortened");
    try (TrainerProcess process = TrainerProcess.start(folder, endless("shortened"))) {
      process.await("checkpoint", () -> Files.exists(run.resolve("latest.zip")));
      try (FileChannel corpus =
          FileChannel.open(run.resolve("corpus.bin"), StandardOpenOption.WRITE)) {
        corpus.truncate(0);
      }
      Result result = process.end();
      assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
      assertThat(result.error())
          .startsWith("error: a memory-mapped file, such as the corpus.bin of a run,")
          .endsWith("; the same command rebuilds corpus.bin")
          .doesNotContain("\tat ");
    }
    assertThat(RunContents.events(run, "failed")).hasSize(1);
    try (TrainerProcess again = TrainerProcess.start(folder, endless("shortened"))) {
      again.awaitError("output    shortened (");
    }
  }
}
