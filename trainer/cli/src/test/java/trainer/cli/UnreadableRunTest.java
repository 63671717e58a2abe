package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;

/** Files of a run directory without read permission. */
@Tag("slow")
final class UnreadableRunTest {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  @TempDir private Path temporary;

  @Test
  void trainingResumesOrReportsTheUnreadableFile() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder, 3_000);
    Result result =
        TrainerProcess.runMainBy(bound(folder), folder, UnreadableRuns.class, "" + folder);
    System.out.print(result.out());
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    assertThat(result.out().lines().filter(line -> line.endsWith("exit 0"))).hasSizeGreaterThan(5);
    assertThat(result.out()).contains("good checkpoints: exit 2");
  }

  /** A launcher that drops root's right to read everything. */
  private static List<String> bound(Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("secret"));
    Files.setPosixFilePermissions(file, Set.of());
    if (!Files.isReadable(file)) {
      return List.of();
    }
    assumeTrue(Files.isExecutable(SETPRIV), "not tested as root without " + SETPRIV);
    return List.of(
        SETPRIV.toString(),
        "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search");
  }
}
