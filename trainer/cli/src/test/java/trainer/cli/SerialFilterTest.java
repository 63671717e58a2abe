package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs a process: the filter applies to the whole JVM. */
@Tag("slow")
final class SerialFilterTest {
  @TempDir private Path temporary;

  @Test
  void theProgramRefusesEverySerializedObject() throws IOException {
    assertThat(readsAnObject(List.of())).isEqualTo("refused: filter status: REJECTED");
  }

  @Test
  void aFilterOnTheCommandLineOfJavaStands() throws IOException {
    assertThat(readsAnObject(List.of("-Djdk.serialFilter=java.base/*"))).isEqualTo("read: [1]");
  }

  private String readsAnObject(List<String> javaOptions) throws IOException {
    Path work = Files.createDirectories(temporary.resolve("work"));
    return TrainerProcess.runMain(work, javaOptions, SerializedObjectReader.class).out().strip();
  }
}
