package trainer.service.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.service.live.ResourceHistory.Used;

final class ResourceHistoryTest {
  @TempDir private Path folder;

  @Test
  void whatWasWrittenIsRead() throws IOException {
    Path file = folder.resolve("1.resources.csv");
    Used onCpu = new Used(5, 1.5, 1.25, 1e9, null, null);
    Used onGpu = new Used(10, 3, null, null, 97.0, 2e9);
    ResourceHistory.append(file, onCpu, 0);
    ResourceHistory.append(file, onGpu, 5);
    assertThat(ResourceHistory.read(List.of(file))).containsExactly(onCpu, onGpu);
  }

  @Test
  void linesOfEarlierVersionsHaveNoGpu() throws IOException {
    Path old =
        Files.writeString(folder.resolve("1.resources.csv"), "5,1.500,1.250,1000\n9,2.000,,\n");
    Path now = Files.writeString(folder.resolve("2.resources.csv"), "8,2.500,,,50,\n9,3.0");
    assertThat(ResourceHistory.read(List.of(old, now)))
        .as("iteration 9 was repeated, and a line is not whole")
        .containsExactly(
            new Used(5, 1.5, 1.25, 1000.0, null, null), new Used(8, 2.5, null, null, 50.0, null));
  }
}
