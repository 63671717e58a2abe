package trainer.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.Seeds;
import trainer.run.RunException;

class SamplingTest {
  private static final int DRAWS = 50_000;
  private static final double[] PROBABILITIES = {0.1, 0.4, 0.05, 0.25, 0.2};

  private static float[] logarithms(double... probabilities) {
    float[] logarithms = new float[probabilities.length];
    for (int i = 0; i < logarithms.length; i++) {
      logarithms[i] = (float) Math.log(probabilities[i]);
    }
    return logarithms;
  }

  /** The number of times each character is drawn. */
  private static int[] drawn(Sampling sampling, float... logProbabilities) {
    SplittableRandom random = new SplittableRandom(42);
    int[] counts = new int[logProbabilities.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampling.draw(logProbabilities, random)]++;
    }
    return counts;
  }

  /** Checks shares, given up to a factor, to within four standard deviations. */
  private static void assertShares(int[] counts, double... weights) {
    double total = Arrays.stream(weights).sum();
    for (int i = 0; i < weights.length; i++) {
      double share = weights[i] / total;
      assertThat((double) counts[i])
          .as("character %d", i)
          .isCloseTo(DRAWS * share, within(4 * Math.sqrt(DRAWS * share * (1 - share))));
    }
  }

  @Test
  void atTemperatureOneFrequenciesAreProbabilities() {
    assertShares(drawn(Sampling.of(1), logarithms(PROBABILITIES)), PROBABILITIES);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 0.8, 2, 10})
  void aTemperatureIsTheRootOfTheProbabilities(double temperature) {
    double[] powers = Arrays.stream(PROBABILITIES).map(p -> Math.pow(p, 1 / temperature)).toArray();
    assertShares(drawn(Sampling.of(temperature), logarithms(PROBABILITIES)), powers);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 1e-6, 1e-300, Double.MIN_VALUE})
  void nearZeroTheMostProbableIsCertain(double temperature) {
    assertThat(drawn(Sampling.of(temperature), logarithms(PROBABILITIES)))
        .containsExactly(0, DRAWS, 0, 0, 0);
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "3, 1", "0, 0.9", "0, 1e-9"})
  void atZeroTheMostProbableIsDrawn(int topK, double topP) {
    assertThat(drawn(new Sampling(0, topK, topP), logarithms(PROBABILITIES)))
        .containsExactly(0, DRAWS, 0, 0, 0);
  }

  @Test
  void atZeroTheFirstOfEquallyProbableIsDrawn() {
    assertThat(drawn(Sampling.of(0), -2, -1, -1, -1)).containsExactly(0, DRAWS, 0, 0);
  }

  @Test
  void topKLeavesTheMostProbable() {
    float[] logarithms = logarithms(PROBABILITIES);
    assertThat(drawn(new Sampling(1, 1, 1), logarithms)).containsExactly(0, DRAWS, 0, 0, 0);
    assertShares(drawn(new Sampling(1, 3, 1), logarithms), 0, 0.4, 0, 0.25, 0.2);
    assertShares(drawn(new Sampling(1, 0, 1), logarithms), PROBABILITIES);
    assertShares(drawn(new Sampling(1, 99, 1), logarithms), PROBABILITIES);
  }

  @Test
  void topPLeavesTheFewestThatReachIt() {
    float[] logarithms = logarithms(PROBABILITIES);
    assertThat(drawn(new Sampling(1, 0, 1e-9), logarithms)).containsExactly(0, DRAWS, 0, 0, 0);
    assertThat(drawn(new Sampling(1, 0, 0.39), logarithms)).containsExactly(0, DRAWS, 0, 0, 0);
    assertShares(drawn(new Sampling(1, 0, 0.41), logarithms), 0, 0.4, 0, 0.25, 0);
    assertShares(drawn(new Sampling(1, 0, 0.84), logarithms), 0, 0.4, 0, 0.25, 0.2);
    assertShares(drawn(new Sampling(1, 0, 0.86), logarithms), 0.1, 0.4, 0, 0.25, 0.2);
  }

  @Test
  void topPCountsProbabilitiesAtTheTemperature() {
    // At temperature 0.5 the most probable has 0.16 of 0.275, at 1 it has 0.4.
    assertThat(drawn(new Sampling(0.5, 0, 0.5), logarithms(PROBABILITIES)))
        .containsExactly(0, DRAWS, 0, 0, 0);
  }

  @Test
  void topPGoesByAllCharactersEvenUnderTopK() {
    // Three quarters of the whole distribution, not of the top two.
    assertShares(drawn(new Sampling(1, 2, 0.75), logarithms(PROBABILITIES)), 0, 0.4, 0, 0.25, 0);
  }

  @Test
  void impossibleCharactersAreNeverDrawn() {
    float[] logarithms = {Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY};
    for (double temperature : new double[] {0.1, 1, 100}) {
      assertThat(drawn(Sampling.of(temperature), logarithms)).containsExactly(0, DRAWS, 0);
    }
  }

  @Test
  void probabilitiesNeedNotSumToOne() {
    assertShares(drawn(Sampling.of(1), logarithms(30, 10)), 3, 1);
    assertShares(drawn(Sampling.of(1), -1000, -1000), 1, 1);
  }

  @Test
  void aSeedMeansTheSameDraws() {
    float[] logarithms = logarithms(PROBABILITIES);
    assertThat(draws(7, logarithms)).isEqualTo(draws(7, logarithms));
    assertThat(draws(7, logarithms)).isNotEqualTo(draws(8, logarithms));
  }

  private static int[] draws(long seed, float... logProbabilities) {
    SplittableRandom random = new SplittableRandom(seed);
    return IntStream.range(0, 50).map(i -> Sampling.of(1).draw(logProbabilities, random)).toArray();
  }

  /** 1 to 40 numbers from -30 to 0, of which some are equal. */
  private static float[] logProbabilities(SplittableRandom random) {
    float[] values = new float[random.nextInt(1, 41)];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (random.nextInt(10)) {
            case 0 -> -30;
            case 1 -> 0;
            case 2 -> values[0];
            default -> (float) random.nextDouble(-30, 0);
          };
    }
    return values;
  }

  @Seeds(250)
  void allDrawsAreAmongTheKMostProbable(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] logProbabilities = logProbabilities(random);
    double temperature = random.nextInt(10) == 0 ? 0.05 : random.nextDouble(0.05, 5);
    int topK = random.nextInt(10) == 0 ? 1 : random.nextInt(1, 46);
    int index = new Sampling(temperature, topK, 1).draw(logProbabilities, random);
    assertThat(moreProbable(logProbabilities, index)).isLessThan(topK);
  }

  @Seeds(250)
  void allDrawsAreNeededToReachTopP(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] logProbabilities = logProbabilities(random);
    double topP = random.nextInt(10) == 0 ? 1 : random.nextDouble(0.01, 1);
    int index = new Sampling(1, 0, topP).draw(logProbabilities, random);
    double above = 0;
    double all = 0;
    for (float value : logProbabilities) {
      all += Math.exp(value);
      above += value > logProbabilities[index] ? Math.exp(value) : 0;
    }
    assertThat(above / all).isLessThan(topP + 1e-12);
  }

  /** Draws for a seed must stay the same: samples.txt of a resumed run depends on them. */
  @Seeds(250)
  void aRestrictedDrawIsThatFromTheSortedCharacters(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] logProbabilities = logProbabilities(random);
    Sampling sampling =
        new Sampling(
            random.nextDouble(0.05, 5), random.nextInt(0, 46), 1 - random.nextInt(2) * 0.4);
    assertThat(sampling.draw(logProbabilities, new SplittableRandom(seed)))
        .isEqualTo(drawnFromSorted(sampling, logProbabilities, new SplittableRandom(seed)));
  }

  /** The readable form of a draw under top-k and top-p. */
  private static int drawnFromSorted(
      Sampling sampling, float[] logProbabilities, SplittableRandom random) {
    double largest =
        IntStream.range(0, logProbabilities.length)
            .mapToDouble(i -> logProbabilities[i])
            .max()
            .orElseThrow();
    double[] weights =
        IntStream.range(0, logProbabilities.length)
            .mapToDouble(i -> Math.exp((logProbabilities[i] - largest) / sampling.temperature()))
            .toArray();
    boolean all =
        sampling.topP() == 1 && (sampling.topK() == 0 || sampling.topK() >= weights.length);
    List<Integer> candidates =
        IntStream.range(0, weights.length)
            .boxed()
            .sorted(
                all
                    ? (a, b) -> a - b
                    : Comparator.comparingDouble((Integer i) -> weights[i]).reversed())
            .limit(sampling.topK() == 0 ? weights.length : sampling.topK())
            .toList();
    double goal = sampling.topP() * Arrays.stream(weights).sum();
    double total = 0;
    int count = 0;
    while (count < candidates.size() && (all || count == 0 || total < goal)) {
      total += weights[candidates.get(count++)];
    }
    double left = random.nextDouble() * total;
    for (int candidate : candidates.subList(0, count)) {
      left -= weights[candidate];
      if (left < 0) {
        return candidate;
      }
    }
    return candidates.get(count - 1);
  }

  private static long moreProbable(float[] logProbabilities, int index) {
    return IntStream.range(0, logProbabilities.length)
        .filter(i -> logProbabilities[i] > logProbabilities[index])
        .count();
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0, 1, temperature -1.0: must be 0 (the most probable character) or more",
    "NaN, 0, 1, temperature NaN: must be 0 (the most probable character) or more",
    "Infinity, 0, 1, temperature Infinity: must be 0 (the most probable character) or more",
    "1, -1, 1, top-k -1: must be 0 (all characters) or more",
    "1, 0, 0, top-p 0.0: must be greater than 0 and at most 1",
    "1, 0, 1.01, top-p 1.01: must be greater than 0 and at most 1",
    "1, 0, NaN, top-p NaN: must be greater than 0 and at most 1"
  })
  void otherValuesAreRefused(double temperature, int topK, double topP, String message) {
    assertThatThrownBy(() -> new Sampling(temperature, topK, topP))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 1", "1, 0, 1", "0.5, 2, 1", "1, 0, 0.9"})
  void predictionsThatAreNoNumbersAreRefused(double temperature, int topK, double topP) {
    Sampling sampling = new Sampling(temperature, topK, topP);
    float nan = Float.NaN;
    float none = Float.NEGATIVE_INFINITY;
    for (float[] logProbabilities :
        List.of(
            new float[] {nan, nan, nan},
            new float[] {nan, -1, -2},
            new float[] {-1, nan, -2},
            new float[] {none, none, none})) {
      assertThatThrownBy(() -> sampling.draw(logProbabilities, new SplittableRandom(1)))
          .isInstanceOf(RunException.class)
          .hasMessageContaining("use an earlier checkpoint");
    }
  }
}
