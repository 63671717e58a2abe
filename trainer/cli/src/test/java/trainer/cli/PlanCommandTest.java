package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
final class PlanCommandTest {
  @TempDir private Path folder;

  private InProcess plan(String... more) {
    SmallJob.write(folder);
    String[] command = {"plan", folder.resolve(SmallJob.FILE).toString()};
    return InProcess.run(SmallJob.with(command, more));
  }

  @Test
  void saysWhatIsKnownBeforeTrainingAndLeavesNothingBehind() throws IOException {
    InProcess result = plan("--json", "--set=training.max_iterations=null");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("corpus.txt", SmallJob.FILE);
    JsonNode json = new ObjectMapper().readTree(result.out());
    long characters = json.get("characters").asLong();
    long training = characters * 9 / 10;
    assertThat(json.get("training_characters").asLong()).isEqualTo(training);
    assertThat(json.get("validation_characters").asLong()).isEqualTo(characters - training);
    assertThat(json.get("unread_characters").asLong()).isEqualTo((training - 1) % 8);
    long perEpoch = ((training - 1) / 8 + 15) / 16;
    assertThat(json.get("iterations_per_epoch").asLong()).isEqualTo(perEpoch);
    assertThat(json.get("iterations").asLong()).isEqualTo(20 * perEpoch);
    long gru = 3 * 16 * (29 + 16) + 2 * 3 * 16;
    JsonNode layers = json.get("parameters_by_layer");
    assertThat(layers.fieldNames())
        .toIterable()
        .containsExactly("0 gru 16", "1 graves_lstm 12", "2 softmax 29");
    assertThat(layers.get("2 softmax 29").asLong()).isEqualTo(12 * 29 + 29);
    assertThat(layers.get("0 gru 16").asLong()).isLessThanOrEqualTo(gru);
    long sum = 0;
    for (JsonNode layer : layers) {
      sum += layer.asLong();
    }
    assertThat(json.get("parameters").asLong()).isEqualTo(sum);
    double average =
        json.get("seconds_per_iteration").asDouble()
            + json.get("seconds_per_evaluation").asDouble() / 40
            + json.get("seconds_for_samples").asDouble() / 40
            + json.get("seconds_per_checkpoint").asDouble() / 20;
    assertThat(json.get("seconds").asDouble()).isCloseTo(20 * perEpoch * average, within(1e-6));
    assertThat(json.get("seconds_per_checkpoint").asDouble()).isPositive();
    assertThat(json.get("warnings")).isEmpty();
  }

  @Test
  void aTimeBudgetEndsThePlanToo() throws IOException {
    InProcess result =
        plan(
            "--json",
            "--set=training.max_iterations=null",
            "--set=training.epochs=1000000",
            "--set=training.max_minutes=0.5",
            "--set=training.schedule=cosine");

    JsonNode json = new ObjectMapper().readTree(result.out());
    assertThat(json.get("seconds").asDouble()).isBetween(0.9 * 0.95 * 30, 30.0);
    assertThat(json.get("iterations").asLong()).isLessThan(1_000_000);
  }

  @Test
  void theTextHasTheWarnings() {
    InProcess result =
        plan("--set=training.schedule.warmup_iterations=160", "--set=training.remainder=drop");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .contains(" parameters (layers from 0, as in model.layers): 0 gru 16: ")
        .containsPattern("memory +about [1-9]");
    assertThat(result.out().lines().map(line -> line.split("[ :]", 2)[0]))
        .containsExactly(
            "corpus",
            "splits",
            "baseline",
            "network",
            "engine",
            "memory",
            "training",
            "speed",
            "time",
            "warning");
  }
}
