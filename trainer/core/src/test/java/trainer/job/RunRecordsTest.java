package trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.run.RunDirectory;

class RunRecordsTest {
  @TempDir private Path folder;

  @Test
  @EnabledOnOs(OS.LINUX)
  void filesAreClosedIfTheNextOneIsDamaged() throws IOException {
    Files.writeString(folder.resolve("mlflow.json"), "{");
    Configuration configuration =
        ConfigurationLoader.parse(
            """
            data: {corpus: corpus.txt}
            model: {layers: [{type: lstm, size: 4}]}
            mlflow: {tracking_uri: 'http://127.0.0.1:1'}
            tensorboard: {directory: board}
            """,
            "test",
            List.of());
    assertThatThrownBy(
            () ->
                RunRecords.open(
                    new RunDirectory(folder),
                    configuration,
                    new TrainingStart(Optional.empty(), 1),
                    Clock.systemUTC(),
                    warning -> {}))
        .hasMessageContaining("mlflow.json");
    assertThat(folder.resolve("samples.txt")).exists();
    for (String descriptor : Path.of("/proc/self/fd").toFile().list()) {
      Path open = file(descriptor);
      assertThat(open.startsWith(folder.toRealPath())).as("%s is open", open).isFalse();
    }
  }

  @Test
  void aFailureIsNotHiddenByThatOfAClose() {
    Throwable first = new IllegalStateException("no space");
    RuntimeException close = new IllegalStateException("cannot be closed");
    RunRecords.closeAfter(
        first,
        () -> {
          throw close;
        });
    assertThat(first).hasNoCause().hasSuppressedException(close);
  }

  private static Path file(String descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd", descriptor));
    } catch (NoSuchFileException e) {
      return Path.of("closed");
    }
  }
}
