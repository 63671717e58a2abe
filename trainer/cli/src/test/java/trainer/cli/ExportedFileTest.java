package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExportedFileTest {
  @TempDir private Path folder;

  @Test
  void anExportIsNotCalledDamaged() {
    SmallJob.write(folder, 4_000);
    String run = folder.resolve("run").toString();
    assertThat(InProcess.train(folder, Path.of(run), 4).exitCode()).isZero();
    for (String format : List.of("dl4j", "safetensors")) {
      String file = folder.resolve(format).toString();
      assertThat(InProcess.run("export", run, "--format", format, "--output", file).exitCode())
          .isZero();

      InProcess refused = InProcess.run("sample", file);

      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err())
          .startsWith("error: " + file + ": not a checkpoint: it is a ")
          .contains("name the run directory, or the checkpoint in it, that it was exported from")
          .doesNotContain("restore it from a copy");
    }
  }
}
