package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StepSpeedTest {
  private final StepSpeed speed = new StepSpeed();

  @Test
  void itIsTheMedianOfTheSteps() {
    assertThat(speed.charactersPerSecond()).isNaN();
    assertThat(speed.secondsPerStep()).isNaN();
    speed.add(4, 100); // as while the JVM compiles
    assertThat(speed.charactersPerSecond()).isEqualTo(25);
    speed.add(1, 100);
    speed.add(2, 100);
    assertThat(speed.charactersPerSecond()).isEqualTo(50);
    assertThat(speed.secondsPerStep()).isEqualTo(2);
    speed.add(1, 100);
    assertThat(speed.charactersPerSecond()).isEqualTo(75);
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
