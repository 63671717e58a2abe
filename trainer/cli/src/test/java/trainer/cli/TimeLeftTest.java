package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.training.Phase;

final class TimeLeftTest {
  private static final Configuration CONFIGURATION =
      ConfigurationLoader.parse(
          """
          data: {corpus: a.txt}
          evaluation: {every_iterations: 50}
          samples: {every_iterations: 100}
          """,
          "job",
          List.of());

  private final TimeLeft left = new TimeLeft(CONFIGURATION, 0, 320);

  @Test
  void stepsCountAtTheirPresentSpeed() {
    assertThat(left.after(20, Double.NaN, 0)).isNaN();
    assertThat(left.after(20, 0.1, 0)).isEqualTo(30);
    assertThat(left.after(20, 0.2, 0)).isEqualTo(60);
    assertThat(left.after(320, 0.2, 0)).isZero();
  }

  @Test
  void whatComesBetweenThemCountsAsOftenAsItIsStillDue() {
    left.starts(Phase.VALIDATING, 5);
    left.starts(Phase.SAMPLING, 7); // validating took 2 s
    left.ends(10); // sampling took 3 s
    // evaluations at 150, 200, 250, 300 and 320, samples at 200, 300 and 320
    assertThat(left.after(100, 0.1, 0)).isEqualTo(22 + 5 * 2 + 3 * 3);
    left.starts(Phase.VALIDATING, 20);
    left.ends(24); // 3 s in the mean
    assertThat(left.after(150, 0.1, 0)).isEqualTo(17 + 4 * 3 + 3 * 3);
    assertThat(left.after(320, 0.1, 0)).isZero();
  }

  /** Evaluations at 50 to 300 and at 320, the first of them foreseen. */
  @Test
  void theFirstEvaluationIsExpected() {
    assertThat(left.lacksEvaluation()).isTrue();
    left.expectEvaluation(2);
    assertThat(left.lacksEvaluation()).isFalse();
    assertThat(left.after(20, 0.1, 0)).isEqualTo(30 + 7 * 2);
    left.starts(Phase.VALIDATING, 5);
    assertThat(left.after(50, 0.1, 0)).as("does not grow").isEqualTo(27 + 7 * 2);
    left.ends(8); // it took 3 s
    assertThat(left.lacksEvaluation()).isFalse();
    assertThat(left.after(50, 0.1, 0)).isEqualTo(27 + 6 * 3);
  }

  @Test
  void checkpointsCountAsOftenAsSoFar() {
    left.starts(Phase.WRITING_CHECKPOINT, 1);
    left.starts(Phase.WRITING_CHECKPOINT, 2);
    left.ends(3);
    assertThat(left.after(160, 0, 0)).isEqualTo(2);
  }

  @Test
  void aRunEndsAfterItsMinutes() {
    TimeLeft limited = new TimeLeft(withMinutes(1), 0, 320);
    assertThat(limited.after(20, 0.1, 10)).isEqualTo(30);
    assertThat(limited.after(20, 0.1, 45)).isEqualTo(15);
    assertThat(limited.after(20, 0.1, 61)).isZero();
    assertThat(limited.after(0, Double.NaN, 0)).isNaN();
  }

  private static Configuration withMinutes(int minutes) {
    return ConfigurationLoader.parse(
        "{data: {corpus: a.txt}, training: {max_minutes: %d}}".formatted(minutes),
        "job",
        List.of());
  }

  /** A bar that counts up while validating is worse than none. */
  @Test
  void itDoesNotChangeDuringAPhase() {
    left.starts(Phase.VALIDATING, 5);
    left.ends(7);
    double before = left.after(99, 0.1, 0);
    left.starts(Phase.VALIDATING, 20);
    assertThat(left.after(100, 0.1, 0)).isLessThan(before).isEqualTo(22 + 6 * 2);
  }
}
