package trainer.training;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.engine.Engine;

class DivergenceListenerTest {
  private static final int VOCABULARY = 20; // uniform baseline: ln 20 = 2.9957 nats per character

  private final TrainingState state = new TrainingState(Progress.start());
  private final DivergenceListener listener = new DivergenceListener(VOCABULARY);

  private void step(double loss, double gradientNorm) {
    state.stepped(new Engine.Step(loss, gradientNorm), 0.002, 64, 1_000);
    listener.updated(state);
  }

  private void settle(int iterations) {
    for (int i = 0; i < iterations; i++) {
      step(2, 1);
    }
  }

  @ParameterizedTest
  @CsvSource({"NaN, 1", "Infinity, 1", "2, NaN", "2, Infinity"})
  void notANumberEndsTrainingImmediately(double loss, double gradientNorm) {
    assertThatThrownBy(() -> step(loss, gradientNorm))
        .isInstanceOf(TrainingException.class)
        .hasMessageStartingWith("training diverged at iteration 1: ");
  }

  @Test
  void theMessageNamesTheCause() {
    settle(1_233);
    assertThatThrownBy(() -> step(9, 12.5))
        .isInstanceOf(TrainingException.class)
        .hasMessage(
            "training diverged at iteration 1,234: loss 9.0000 nats per character, gradient norm"
                + " 12.50 (running loss 2.0700, uniform baseline 2.9957, learning rate 0.00200)");
  }

  @Test
  void aLossOfThreeTimesTheRunningLossIsTooMuch() {
    // Above the uniform baseline from the start, as with large initial weights.
    for (int i = 0; i < 200; i++) {
      step(5, 1);
    }
    assertThatCode(() -> step(14.9, 1)).doesNotThrowAnyException();
    assertThatThrownBy(() -> step(16, 1)).hasMessageContaining("loss 16.0000");
  }

  @Test
  void aLossOfThreeTimesTheUniformBaselineIsTooMuchFromTheSecondIterationOn() {
    settle(1);
    assertThatCode(() -> step(8.9, 1)).doesNotThrowAnyException();
    assertThatThrownBy(() -> step(9.1, 1)).hasMessageContaining("at iteration 3");
  }

  @Test
  void aTextKnownByHeartMaySurprise() {
    for (int i = 0; i < 1000; i++) {
      step(0.1, 1);
    }
    assertThatCode(() -> step(2.9, 1)).doesNotThrowAnyException();
  }

  @Test
  void aFallingLossIsFine() {
    for (int i = 0; i < 500; i++) {
      step(5 - 0.009 * i, 1);
    }
  }

  /** A run that was stopped in an evaluation starts with it, before any update. */
  @Test
  void aResumedRunHasNoLossYet() {
    settle(150);
    state.interrupted();
    TrainingState resumed = new TrainingState(state.progress());
    DivergenceListener first = new DivergenceListener(VOCABULARY);
    assertThatCode(() -> first.updated(resumed)).doesNotThrowAnyException();
  }
}
