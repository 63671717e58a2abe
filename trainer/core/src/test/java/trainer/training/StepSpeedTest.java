package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StepSpeedTest {
  private final StepSpeed speed = new StepSpeed();

  @Test
  void itIsTheMedianOfTheSteps() {
    assertThat(speed.charactersPerSecond()).isNaN();
    assertThat(speed.secondsPerStep()).isNaN();
    for (double seconds : new double[] {9, 7, 8}) { // as while the JVM compiles
      speed.add(seconds, 100);
    }
    assertThat(speed.secondsPerStep()).isEqualTo(7.5);
    for (double seconds : new double[] {2, 1, 4}) {
      speed.add(seconds, 100);
    }
    assertThat(speed.charactersPerSecond()).isEqualTo(50);
    assertThat(speed.secondsPerStep()).isEqualTo(2);
    speed.add(1, 50);
    assertThat(speed.charactersPerSecond()).isEqualTo(50);
    assertThat(speed.secondsPerStep()).isEqualTo(1.5);
  }

  @Test
  void onlyTheLatestStepsCount() {
    for (int i = 0; i < 3 * StepSpeed.STEPS; i++) {
      speed.add(1, 100);
    }
    for (int i = 0; i < StepSpeed.STEPS; i++) {
      speed.add(2, 100);
    }
    assertThat(speed.charactersPerSecond()).isEqualTo(50);
    assertThat(speed.secondsPerStep()).isEqualTo(2);
  }
}
