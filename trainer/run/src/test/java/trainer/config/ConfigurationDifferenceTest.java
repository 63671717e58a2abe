package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.config.ConfigurationDifference.Change;
import trainer.config.binding.RecordType;

class ConfigurationDifferenceTest {
  private static final Configuration BEFORE = with();

  private static Configuration with(String... overrides) {
    return ConfigurationLoader.parse("data: {corpus: a.txt}", "job.yml", List.of(overrides));
  }

  private static ConfigurationDifference between(Configuration before, Configuration after) {
    return ConfigurationDifference.between(before, after, false);
  }

  @Test
  void equalConfigurationsDoNotDiffer() {
    assertThat(between(BEFORE, with()))
        .isEqualTo(new ConfigurationDifference(List.of(), List.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seed=1                                    | seed: 42 -> 1",
        "data.corpus=b.txt                         | data.corpus: a.txt -> b.txt",
        "data.normalize=nfc                        | data.normalize: none -> nfc",
        "data.split=[0.8, 0.1, 0.1]                | data.split: [0.9, 0.05, 0.05] -> [0.8, 0.1, 0.1]",
        "data.vocabulary=models/x                  | data.vocabulary: null -> models/x",
        "model.layers[0].size=8                    | model.layers[0].size: 256 -> 8",
        "model.initializer={type: uniform}         | model.initializer.type: xavier -> uniform",
        "training.batch_size=8                     | training.batch_size: 64 -> 8",
        "training.optimizer.learning_rate=0.01     | training.optimizer.learning_rate: 0.002 -> 0.01",
        "training.gradient_clipping=none           | training.gradient_clipping: {norm: 5.0} -> none",
        "compute.precision=tf32                    | compute.precision: float32 -> tf32",
      })
  void changesThatDecideTheNumbersAreSeparate(String override, String change) {
    ConfigurationDifference difference = between(BEFORE, with(override));

    assertThat(difference.decidesTheNumbers()).first().hasToString(change);
    assertThat(difference.mayChange()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name=other",
        "training.epochs=3",
        "training.max_iterations=3",
        "training.early_stopping.patience=3",
        "evaluation.every_iterations=3",
        "checkpoints.keep_last=9",
        "samples.prime=A",
        "compute.engine=nd4j",
        "compute.threads=1",
        "compute.gpus=all",
      })
  void howLongAndHowOftenMayChange(String override) {
    ConfigurationDifference difference = between(BEFORE, with(override));

    assertThat(difference.decidesTheNumbers()).isEmpty();
    assertThat(difference.mayChange()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"linear", "cosine"})
  void theLengthDecidesTheNumbersWhereTheScheduleDependsOnIt(String schedule) {
    String type = "training.schedule=" + schedule;
    ConfigurationDifference difference =
        between(
            with(type), with(type, "training.epochs=3", "training.max_iterations=9", "name=other"));

    assertThat(difference.decidesTheNumbers())
        .containsExactly(
            new Change("training.epochs", "20", "3"),
            new Change("training.max_iterations", "null", "9"));
    assertThat(difference.mayChange()).containsExactly(new Change("name", "job", "other"));
  }

  @Test
  void theSameTextMayLieElsewhere() {
    Configuration before = with("data.vocabulary=v.json");
    Configuration moved =
        with("data.corpus=/elsewhere/b.txt", "data.vocabulary=/elsewhere/v.json", "seed=3");
    ConfigurationDifference difference = ConfigurationDifference.between(before, moved, true);

    assertThat(difference.decidesTheNumbers()).containsExactly(new Change("seed", "42", "3"));
    assertThat(difference.mayChange())
        .containsExactly(
            new Change("data.corpus", "a.txt", "/elsewhere/b.txt"),
            new Change("data.vocabulary", "v.json", "/elsewhere/v.json"));
  }

  @Test
  void keysThatOnlyOneHasAreAbsentFromTheOther() {
    Configuration deeper = with("model.layers=[{}, {type: gru, size: 8}]");

    assertThat(between(BEFORE, deeper).decidesTheNumbers())
        .containsExactly(
            new Change("model.layers[1].type", "absent", "gru"),
            new Change("model.layers[1].size", "absent", "8"),
            new Change("model.layers[1].dropout", "absent", "0.0"));
  }

  @Test
  void everyNamedKeyExists() {
    List<String> keys = new ArrayList<>();
    RecordType.of(Configuration.class).flatten(BEFORE, "", (key, value) -> keys.add(key));

    assertThat(
            Stream.of(
                    ConfigurationDifference.FREE,
                    ConfigurationDifference.LENGTH,
                    ConfigurationDifference.PLACES)
                .flatMap(List::stream))
        .allSatisfy(
            name ->
                assertThat(keys).anyMatch(key -> key.equals(name) || key.startsWith(name + ".")));
  }
}
