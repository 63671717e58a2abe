package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command prints is lost: {@code evaluate RUN --json > result.json} on a full disk. */
@Tag("slow")
final class FullOutputTest {
  @Test
  void aFullDiskIsAFailureAndAReaderThatHasGoneIsNone(@TempDir Path parent) throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/full")), "needs /dev/full");
    Path folder = Files.createDirectory(parent.resolve("folder"));
    TrainerProcess.Result full = run("exec \"$@\" > /dev/full", folder);
    assertThat(full.exitCode()).isEqualTo(1);
    assertThat(full.err()).contains("error: standard output: no space left");
    assertThat(run("\"$@\" | :; exit ${PIPESTATUS[0]}", folder).exitCode()).isZero();
  }

  private static TrainerProcess.Result run(String shell, Path folder) {
    return TrainerProcess.runBy(
        List.of("bash", "-c", shell, "bash"), folder, List.of(), "completion");
  }
}
