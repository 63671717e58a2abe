package trainer.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.run.RunException;

class VariationTest {
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
      double rate = Double.parseDouble(Setting.value(trial.get(0)));
      assertThat(rate).isBetween(0.0003, 0.03);
      below += rate < 0.003 ? 1 : 0;
      assertThat(Integer.parseInt(Setting.value(trial.get(1)))).isBetween(8, 64);
      assertThat(trial.get(2)).isIn("training.epochs=1", "training.epochs=2");
    }
    assertThat(below).as("half of a logarithmic range").isBetween(75, 125);
  }

  /** How often each value of a range is drawn. */
  private static Map<String, Long> counts(String range, int trials) {
    List<Variation> variations =
        List.of(Variation.parse(range), Variation.parse("seed=0..1000000")); // no trial twice
    return Variation.random(variations, trials, 7).stream()
        .collect(Collectors.groupingBy(trial -> trial.get(0), Collectors.counting()));
  }

  @Test
  void wholeNumbersOfARangeAreEquallyFrequent() {
    Map<String, Long> counts = counts("a.size=1..3", 3000);
    assertThat(counts).containsOnlyKeys("a.size=1", "a.size=2", "a.size=3");
    assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(900L, 1100L));
  }

  /** Each whole number n has the share ln((n + 1/2) / (n - 1/2)) of the range, also the ends. */
  @Test
  void wholeNumbersOfAWideRangeHaveTheirShareOfItsLogarithm() {
    Map<String, Long> counts = counts("a.size=1..10", 10_000);
    assertThat(counts).hasSize(10);
    for (int n = 1; n <= 10; n++) {
      double expected = 10_000 * Math.log((n + 0.5) / (n - 0.5)) / Math.log(10.5 / 0.5);
      assertThat((double) counts.get("a.size=" + n))
          .as("%d", n)
          .isCloseTo(expected, within(4 * Math.sqrt(expected)));
    }
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
    "seed=1e5e1..2, 1e5e1 is not a number",
    "seed=1..1e999, 1e999 is not a number",
    "seed=1e-400..1, 1e-400 is not a number",
    "seed=1e-300..1, 1e-300 is not a number",
    "seed=-1e200..1, -1e200 is not a number"
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
  void combinationsAreCountedBeforeTheyAreMade() {
    String values =
        IntStream.range(0, 500).mapToObj(Integer::toString).collect(Collectors.joining(","));
    List<Variation> many = Collections.nCopies(20, Variation.parse("seed=" + values));
    assertThatThrownBy(() -> Variation.trials(many, null, 1, 1000))
        .isInstanceOf(RunException.class)
        .hasMessage(
            "--vary: 2,147,483,647 combinations, more than 1,000: draw some with --trials N");
    assertThat(Variation.trials(many, 3, 1, 1000)).hasSize(3);
  }
}
