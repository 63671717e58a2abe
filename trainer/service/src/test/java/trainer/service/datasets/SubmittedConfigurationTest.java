package trainer.service.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.ConfigurationException;
import trainer.service.runs.DeviceKind;

/** What a run needs, by its configuration. */
final class SubmittedConfigurationTest {
  @TempDir private Path folder;

  private SubmittedConfiguration read(String compute) throws IOException {
    Files.writeString(folder.resolve("text.txt"), "text");
    return new SubmissionRules(new DatasetRoots(List.of(folder)), true, 4)
        .read(
            "data: {corpus: text.txt}\nmodel: {layers: [{type: lstm, size: 4}]}\ncompute: {%s}\n"
                .formatted(compute),
            "small.yml");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "engine: auto | ANY | 1",
        "engine: cpu | CPU | 1",
        "engine: cuda | GPU | 1",
        "precision: tf32 | GPU | 1",
        "gpus: 1 | ANY | 1",
        "gpus: all | ANY | 1",
        "gpus: [0] | ANY | 1",
        "gpus: 4 | GPU | 4",
        "engine: cuda, gpus: 2 | GPU | 2",
        "workers: 2 | CPU | 1"
      })
  void aRunNeedsADevice(String compute, DeviceKind device, int gpus) throws IOException {
    SubmittedConfiguration found = read(compute);
    assertThat(found.device()).isEqualTo(device);
    assertThat(found.submission(0, "anna", null, null, null).gpus()).isEqualTo(gpus);
  }

  @Test
  void moreGpusThanThereAreAreRefused() {
    assertThatThrownBy(() -> read("gpus: 8"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("compute.gpus: must be at most 4: this service has no more GPUs");
  }
}
