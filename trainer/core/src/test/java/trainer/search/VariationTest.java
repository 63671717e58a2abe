package trainer.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.run.RunException;

class VariationTest {
  private static final Configuration ANY =
      ConfigurationLoader.parse("data: {corpus: a.txt}", "job.yml", List.of());

  private static List<List<String>> grid(String... variations) {
    return Variation.grid(List.of(variations).stream().map(Variation::parse).toList());
  }

  @Test
  void aGridHasEveryCombination() {
    assertThat(grid("seed=1,2", "training.epochs=3,4,5"))
        .containsExactly(
            List.of("seed=1", "training.epochs=3"),
            List.of("seed=1", "training.epochs=4"),
            List.of("seed=1", "training.epochs=5"),
            List.of("seed=2", "training.epochs=3"),
            List.of("seed=2", "training.epochs=4"),
            List.of("seed=2", "training.epochs=5"));
  }

  @Test
  void commasWithinBracketsAndQuotesBelongToAValue() {
    assertThat(grid("model.layers=[{type: lstm, size: 8}],[{type: gru, size: 9}]"))
        .containsExactly(
            List.of("model.layers=[{type: lstm, size: 8}]"),
            List.of("model.layers=[{type: gru, size: 9}]"));
    assertThat(grid("samples.prime='a, b',\"c, d\""))
        .containsExactly(List.of("samples.prime='a, b'"), List.of("samples.prime=\"c, d\""));
  }

  @Test
  void randomTrialsAreWithinTheirRangesAndRepeatable() {
    List<Variation> variations =
        List.of(
            Variation.parse("training.optimizer.learning_rate=0.0003..0.03"),
            Variation.parse("training.batch_size=8..64"),
            Variation.parse("training.epochs=1,2"));
    List<List<String>> trials = Variation.random(variations, 200, 7);
    assertThat(trials).doesNotHaveDuplicates().hasSize(200);
    assertThat(Variation.random(variations, 200, 7)).isEqualTo(trials);
    assertThat(Variation.random(variations, 200, 8)).isNotEqualTo(trials);
    int below = 0;
    for (List<String> trial : trials) {
      double rate = Double.parseDouble(Trial.value(trial.get(0)));
      assertThat(rate).isBetween(0.0003, 0.03);
      below += rate < 0.003 ? 1 : 0;
      assertThat(Integer.parseInt(Trial.value(trial.get(1)))).isBetween(8, 64);
      assertThat(trial.get(2)).isIn("training.epochs=1", "training.epochs=2");
    }
    assertThat(below).as("half of a logarithmic range").isBetween(75, 125);
  }

  @Test
  void fewerTrialsWhereThereAreNoMore() {
    assertThat(Variation.random(List.of(Variation.parse("seed=1,2,3")), 10, 1)).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "seed, is not KEY=V1",
    "seed=, is not KEY=V1",
    "=1, is not KEY=V1",
    "seed=5..2, 5 is not below 2",
    "seed=1e5e1..2, 1e5e1 is not a number"
  })
  void whatIsNoVariationIsRefused(String text, String message) {
    assertThatThrownBy(() -> Variation.parse(text))
        .isInstanceOf(RunException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aRangeNeedsANumberOfTrials() {
    assertThatThrownBy(() -> grid("seed=1..5")).hasMessageContaining("--trials N");
  }

  @Test
  void directoriesAreNamedForTheSettings() {
    Path parent = Path.of("sweep");
    assertThat(Trial.in(parent, List.of("training.optimizer.learning_rate=0.01", "seed=2"), ANY))
        .extracting(trial -> trial.directory().toString(), Trial::name)
        .containsExactly("sweep/learning_rate=0.01_seed=2", "learning_rate=0.01 seed=2");
    List<Path> layers =
        grid("model.layers=[{type: lstm, size: 8}],[{type: lstm; size: 8}]").stream()
            .map(settings -> Trial.in(parent, settings, ANY).directory())
            .toList();
    assertThat(layers).doesNotHaveDuplicates();
    assertThat(layers.get(0).getFileName().toString())
        .matches("layers=_type_lstm_size_8_-[0-9a-f]{8}");
  }
}
