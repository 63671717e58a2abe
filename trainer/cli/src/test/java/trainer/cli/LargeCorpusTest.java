package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;

@Tag("slow")
final class LargeCorpusTest {
  private static final int MEGABYTES = 100;

  @TempDir private Path temporary;

  @Test
  void trainsOnATextLargerThanTheHeap() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    byte[] megabyte = SmallJob.text(1 << 20, 4).getBytes(UTF_8);
    try (OutputStream out = Files.newOutputStream(folder.resolve("corpus.txt"))) {
      for (int i = 0; i < MEGABYTES; i++) {
        out.write(megabyte);
      }
    }
    Result result =
        TrainerProcess.run(
            folder,
            List.of("-Xmx96m"),
            SmallJob.FILE,
            "--set=data.split=[0.999, 0.001, 0.0]",
            "--set=training.max_iterations=3");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).contains(" 104,85").contains("finished after 3 iterations");
  }

  @Test
  void fullMemoryIsAnErrorWithAWayOut() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("full"));
    SmallJob.write(folder, 3_000_000);
    Result result =
        TrainerProcess.run(
            folder,
            List.of("-Xmx96m"),
            SmallJob.FILE,
            "--set=training.batch_size=1000",
            "--set=training.sequence_length=1000",
            "--set=model.layers=[{type: lstm, size: 500}]");

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.err())
        .containsPattern(
            "memory    about [0-9,]+ MB for weights, optimizer and activations, plus"
                + " the JVM; the JVM is limited to 9[0-9] MB: raise -Xmx");
    assertThat(result.error())
        .startsWith("error: out of memory (")
        .endsWith(
            "): raise the JVM's limit, as in java -Xmx4g -jar trainer.jar; or lower training.batch_size,"
                + " training.sequence_length or the size of the layers");
    assertThat(result.err()).doesNotContain("\tat ");
  }
}
