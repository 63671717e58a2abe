package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.cli.TrainerProcess.Result;

@Tag("slow")
final class BenchCommandTest {
  @TempDir private Path temporary;

  @Test
  void measuresAJobAndLeavesNothingBehind() throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);

    Result result =
        TrainerProcess.run(
            folder, "bench", SmallJob.FILE, "--iterations", "5", "--compare", "nd4j", "--json");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).contains("timing 5 iterations of small\n");
    assertThat(folder).isDirectoryNotContaining("glob:**models");
    JsonNode json = new ObjectMapper().readTree(result.out());
    double milliseconds = json.get("median_milliseconds_per_iteration").asDouble();
    assertThat(json.get("network").asText()).isEqualTo("gru 16 + graves_lstm 12, softmax 29");
    assertThat(json.get("iterations").asInt()).isEqualTo(5);
    assertThat(milliseconds)
        .isBetween(
            json.get("fastest_milliseconds_per_iteration").asDouble(),
            json.get("slowest_milliseconds_per_iteration").asDouble());
    // 8 lanes of 16 characters
    assertThat(json.get("characters_per_second").asDouble() * milliseconds / 1e3)
        .isCloseTo(128, within(1e-9));
    double operations = 6.0 * 128 * (3 * 16 * 16 + 4 * 12 * (16 + 12) + 12 * 29);
    assertThat(json.get("gigaflop_per_iteration").asDouble() * 1e9)
        .isCloseTo(operations, within(1e-3));
    assertThat(json.get("gigaflop_per_second").asDouble() * milliseconds * 1e6)
        .isCloseTo(operations, within(1e-3));
    assertThat(json.get("share_of_sgemm_peak").asDouble()).isBetween(0.0, 1.0);
    assertThat(json.get("sgemm_peak_threads").asInt()).isEqualTo(1);
    assertThat(json.get("sgemm_peak_gigaflop_per_second").asDouble()).isBetween(1.0, 1e5);
    assertThat(json.get("peak_memory_megabytes").asDouble()).isBetween(50.0, 5000.0);
    assertThat(json.get("sampling_characters_per_second").asDouble()).isBetween(10.0, 1e7);

    double phases = 0;
    for (JsonNode phase : json.get("phase_milliseconds_per_iteration")) {
      phases += phase.asDouble();
    }
    assertThat(phases)
        .isBetween(
            0.3 * json.get("fastest_milliseconds_per_iteration").asDouble(),
            json.get("slowest_milliseconds_per_iteration").asDouble());

    JsonNode other = json.get("compared_with");
    assertThat(json.get("engine").asText()).startsWith("cpu (");
    assertThat(other.get("engine").asText()).startsWith("nd4j (");
    assertThat(other.get("iterations").asInt()).isEqualTo(5);
    assertThat(other.get("phase_milliseconds_per_iteration")).isEmpty();
    assertThat(other.get("median_times_as_long").asDouble())
        .isBetween(
            other.get("lowest_times_as_long").asDouble(),
            other.get("highest_times_as_long").asDouble());
  }
}
