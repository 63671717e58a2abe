package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.config.Schedule;

class LearningRatesTest {
  private static final double INITIAL = 0.3;
  private static final double LAST = 0.007;
  private static final int PER_EPOCH = 7;

  private static double rate(Schedule schedule, long iterations, int iteration) {
    return new LearningRates(schedule, INITIAL, iterations, PER_EPOCH).applyAsDouble(iteration);
  }

  @Test
  void aConstantRateStays() {
    for (int iteration : new int[] {0, 1, 99, 100_000}) {
      assertThat(rate(new Schedule.Constant(0), 100, iteration)).isEqualTo(INITIAL);
    }
  }

  @Test
  void aStepMultipliesTheRateEveryNIterations() {
    Schedule step = new Schedule.Step(0, 10, null, null, null, 0.5);
    assertThat(rate(step, 100, 0)).isEqualTo(INITIAL);
    assertThat(rate(step, 100, 9)).isEqualTo(INITIAL);
    assertThat(rate(step, 100, 10)).isEqualTo(INITIAL * 0.5);
    assertThat(rate(step, 100, 19)).isEqualTo(INITIAL * 0.5);
    assertThat(rate(step, 100, 20)).isEqualTo(INITIAL * 0.25);
  }

  /** char-rnn: 0.97 after each epoch from the tenth on. */
  @Test
  void aStepInEpochsHoldsTheRateFirst() {
    Schedule step = new Schedule.Step(0, null, 1, null, 10, 0.97);
    for (int i = 0; i < 30 * PER_EPOCH; i++) {
      int epoch = i / PER_EPOCH; // complete ones
      double expected = INITIAL;
      for (int decay = 10; decay <= epoch; decay++) {
        expected *= 0.97;
      }
      assertThat(rate(step, 1_000, i)).isCloseTo(expected, within(1e-15));
    }
  }

  @Test
  void aStepMayStartAtOnce() {
    Schedule step = new Schedule.Step(0, null, 2, 0, null, 0.5);
    assertThat(rate(step, 100, 0)).isEqualTo(INITIAL * 0.5);
    assertThat(rate(step, 100, 2 * PER_EPOCH)).isEqualTo(INITIAL * 0.25);
  }

  @Test
  void anExponentialMayHoldTheRateFirst() {
    Schedule decay = new Schedule.Exponential(0, null, 1, null, 2, 0.25);
    assertThat(rate(decay, 100, 2 * PER_EPOCH)).isEqualTo(INITIAL);
    assertThat(rate(decay, 100, 3 * PER_EPOCH)).isEqualTo(INITIAL * 0.25);
  }

  @Test
  void anExponentialFallsContinuously() {
    Schedule exponential = new Schedule.Exponential(0, 10, null, null, null, 0.25);
    assertThat(rate(exponential, 100, 0)).isEqualTo(INITIAL);
    assertThat(rate(exponential, 100, 5)).isCloseTo(INITIAL * 0.5, within(1e-15));
    assertThat(rate(exponential, 100, 10)).isEqualTo(INITIAL * 0.25);
    assertThat(rate(exponential, 100, 20)).isEqualTo(INITIAL * 0.0625);
  }

  @Test
  void aLineFallsEvenly() {
    Schedule line = new Schedule.Linear(0, LAST);
    for (int i = 0; i <= 100; i++) {
      assertThat(rate(line, 101, i)).isCloseTo(INITIAL + (LAST - INITIAL) * i / 100, within(1e-15));
    }
  }

  @Test
  void aCosineFallsSlowlyThenFastThenSlowly() {
    Schedule cosine = new Schedule.Cosine(0, LAST);
    for (int i = 0; i <= 100; i++) {
      double height = (1 + Math.cos(Math.PI * i / 100)) / 2;
      assertThat(rate(cosine, 101, i)).isCloseTo(LAST + (INITIAL - LAST) * height, within(1e-15));
    }
  }

  static Stream<Schedule> falling() {
    return Stream.of(
        new Schedule.Linear(0, LAST),
        new Schedule.Linear(7, LAST),
        new Schedule.Cosine(0, LAST),
        new Schedule.Cosine(7, LAST));
  }

  @ParameterizedTest
  @MethodSource("falling")
  void bothEndsAreExact(Schedule schedule) {
    for (int iterations : new int[] {9, 10, 101, 1_000, 123_457}) {
      assertThat(rate(schedule, iterations, schedule.warmupIterations())).isEqualTo(INITIAL);
      assertThat(rate(schedule, iterations, iterations - 1)).isEqualTo(LAST);
      assertThat(rate(schedule, iterations, iterations + 5)).isEqualTo(LAST);
    }
  }

  @ParameterizedTest
  @MethodSource("falling")
  void theRateNeverRisesAfterTheWarmUp(Schedule schedule) {
    double before = Double.POSITIVE_INFINITY;
    for (int i = schedule.warmupIterations(); i < 500; i++) {
      double rate = rate(schedule, 500, i);
      assertThat(rate).as("iteration %d", i).isLessThan(before);
      before = rate;
    }
  }

  /** Rates for which a sum of differences would round differently. */
  @ParameterizedTest
  @CsvSource({"0.01, 0.001", "0.005, 0.0005", "0.3, 0"})
  void bothEndsAreExactForAnyRates(double initial, double last) {
    for (Schedule schedule :
        new Schedule[] {new Schedule.Linear(0, last), new Schedule.Cosine(0, last)}) {
      LearningRates rates = new LearningRates(schedule, initial, 100, PER_EPOCH);
      assertThat(rates.applyAsDouble(0)).isEqualTo(initial);
      assertThat(rates.applyAsDouble(99)).isEqualTo(last);
    }
  }

  @ParameterizedTest
  @CsvSource({"0.1, 3", "0.0007, 100", "0.002, 7"})
  void aWarmUpEndsWithExactlyTheWholeRate(double initial, int iterations) {
    LearningRates rates =
        new LearningRates(new Schedule.Constant(iterations), initial, 1_000, PER_EPOCH);
    assertThat(rates.applyAsDouble(iterations - 1)).isEqualTo(initial);
  }

  static Stream<Schedule> warm() {
    return Stream.of(
        new Schedule.Constant(10),
        new Schedule.Step(10, 1_000, null, null, null, 0.5),
        new Schedule.Linear(10, LAST),
        new Schedule.Cosine(10, LAST));
  }

  @ParameterizedTest
  @MethodSource("warm")
  void aWarmUpRisesEvenlyFromNearZeroToTheWholeRate(Schedule schedule) {
    assertThat(rate(schedule, 1_000, 0)).isCloseTo(INITIAL / 10, within(1e-16));
    assertThat(rate(schedule, 1_000, 4)).isCloseTo(INITIAL / 2, within(1e-16));
    assertThat(rate(schedule, 1_000, 9)).isEqualTo(INITIAL);
    assertThat(rate(schedule, 1_000, 10)).isEqualTo(INITIAL);
  }

  @Test
  void aWarmUpMultipliesTheDecay() {
    Schedule schedule = new Schedule.Exponential(10, 10, null, null, null, 0.25);
    assertThat(rate(schedule, 100, 4))
        .isCloseTo(INITIAL * 0.5 * Math.pow(0.25, 0.4), within(1e-15));
    assertThat(rate(schedule, 100, 10)).isEqualTo(INITIAL * 0.25);
  }

  @Test
  void aWarmUpCanLastTheWholeRun() {
    for (Schedule schedule :
        new Schedule[] {new Schedule.Linear(10, LAST), new Schedule.Cosine(10, LAST)}) {
      for (int i = 0; i < 10; i++) {
        assertThat(rate(schedule, 10, i)).isCloseTo(INITIAL * (i + 1) / 10, within(1e-16));
      }
    }
  }

  @Test
  void aRunOfOneIterationHasTheInitialRate() {
    assertThat(rate(new Schedule.Linear(0, LAST), 1, 0)).isEqualTo(INITIAL);
    assertThat(rate(new Schedule.Cosine(0, LAST), 1, 0)).isEqualTo(INITIAL);
  }
}
