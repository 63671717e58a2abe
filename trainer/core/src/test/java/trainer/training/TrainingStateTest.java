package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import trainer.config.Training.EarlyStopping;
import trainer.engine.Engine;

class TrainingStateTest {
  private static final int CHARACTERS = 320;
  private static final long SEGMENTS = 3;

  private static TrainingState started() {
    return new TrainingState(Progress.start());
  }

  private static void step(TrainingState state, double... losses) {
    for (double loss : losses) {
      state.stepped(new Engine.Step(loss, 10 * loss), 0.1 * loss, CHARACTERS, SEGMENTS);
    }
  }

  @Test
  void earlyStoppingNamesTheImprovementThatItAsksFor() {
    TrainingState state = new TrainingState(Progress.start());
    state.evaluated(2.0, 0.01);
    state.evaluated(1.995, 0.01); // the lowest so far
    state.evaluated(1.994, 0.01);
    assertThat(state.finishIfNotImproving(new EarlyStopping(3, 0.01))).isFalse();
    assertThat(state.finishIfNotImproving(new EarlyStopping(2, 0.01))).isTrue();
    assertThat(state.finished())
        .isEqualTo(
            "no improvement of more than training.early_stopping.min_delta, 0.01 nats, in 2 evaluations");
    TrainingState soon = new TrainingState(Progress.start());
    soon.evaluated(2.0, 0);
    soon.evaluated(2.1, 0);
    assertThat(soon.finishIfNotImproving(new EarlyStopping(1, 0))).isTrue();
    assertThat(soon.finished()).isEqualTo("no improvement in 1 evaluation");
  }

  @Test
  void itCountsIterationsSegmentsEpochsAndCharacters() {
    TrainingState state = started();
    step(state, 4, 3);
    assertThat(state.iteration()).isEqualTo(2);
    assertThat(state.segment()).isEqualTo(2);
    assertThat(state.epoch()).isZero();
    step(state, 2, 1);
    assertThat(state.iteration()).isEqualTo(4);
    assertThat(state.segment()).isEqualTo(1);
    assertThat(state.epoch()).isEqualTo(1);
    assertThat(state.characters()).isEqualTo(4 * CHARACTERS);
    assertThat(state.loss()).isEqualTo(1);
    assertThat(state.gradientNorm()).isEqualTo(10);
    assertThat(state.learningRate()).isEqualTo(0.1);
  }

  @Test
  void aReportIsTheMeanSinceTheLastOne() {
    TrainingState state = started();
    step(state, 4, 3, 2);
    assertThat(state.meanLoss()).isEqualTo(3);
    assertThat(state.reportedIterations()).isEqualTo(3);
    state.reported();
    assertThat(state.reportedIterations()).isZero();
    step(state, 1.5, 0.5);
    assertThat(state.meanLoss()).isEqualTo(1);
  }

  @Test
  void theRunningLossFollowsTheLossByAHundredthOfTheDistance() {
    TrainingState state = started();
    assertThat(state.runningLoss()).isNaN();
    step(state, 4);
    assertThat(state.runningLoss()).isEqualTo(4);
    step(state, 3);
    assertThat(state.runningLoss()).isCloseTo(3.99, within(1e-15));
  }

  @Test
  void theLowestValidationLossIsTheBest() {
    TrainingState state = started();
    assertThat(state.validation().bestLoss()).isInfinite();
    step(state, 4);
    state.evaluated(3, 0);
    assertThat(state.validationLoss()).isEqualTo(3);
    assertThat(state.validation().isBest(state.iteration())).isTrue();
    step(state, 4);
    assertThat(state.validation().isBest(state.iteration())).isFalse();
    assertThat(state.validationLoss()).isNull();
    state.evaluated(3.5, 0);
    assertThat(state.validation().bestLoss()).isEqualTo(3);
    assertThat(state.validation().bestIteration()).isEqualTo(1);
    assertThat(state.validation().evaluationsWithoutImprovement()).isEqualTo(1);
    step(state, 4);
    state.evaluated(2.9, 0);
    assertThat(state.validation().bestLoss()).isEqualTo(2.9);
    assertThat(state.validation().bestIteration()).isEqualTo(3);
    assertThat(state.validation().evaluationsWithoutImprovement()).isZero();
  }

  @Test
  void smallImprovementsAddUpForEarlyStopping() {
    TrainingState state = started();
    double[] losses = {3, 2.96, 2.92, 2.89};
    int[] without = {0, 1, 2, 0};
    for (int i = 0; i < losses.length; i++) {
      step(state, 4);
      state.evaluated(losses[i], 0.1);
      assertThat(state.validation().evaluationsWithoutImprovement())
          .as("%s", losses[i])
          .isEqualTo(without[i]);
      assertThat(state.validation().bestLoss()).isEqualTo(losses[i]);
    }
  }

  @Test
  void aTaskIsDueEveryNIterationsAndAtTheEnd() {
    TrainingState state = started();
    step(state, 4, 4);
    assertThat(state.isDue(2)).isTrue();
    assertThat(state.isDue(1)).isTrue();
    assertThat(state.isDue(3)).isFalse();
    assertThat(state.isDue(0)).isFalse();
    state.finish("2 iterations");
    assertThat(state.isDue(3)).isTrue();
    assertThat(state.isDue(0)).isTrue();
    assertThat(state.finished()).isEqualTo("2 iterations");
  }

  @Test
  void progressIsEnoughToResume() {
    TrainingState state = started();
    step(state, 4, 3);
    state.evaluated(3, 0);
    state.reported();
    step(state, 2.5, 2);
    TrainingState resumed = new TrainingState(state.progress());
    assertThat(resumed.startsUnrecorded()).isFalse();
    for (TrainingState either : new TrainingState[] {state, resumed}) {
      step(either, 1.5);
      either.evaluated(3.5, 0);
    }
    Progress expected = state.progress();
    assertThat(resumed.progress())
        .usingRecursiveComparison()
        .ignoringFields("seconds")
        .isEqualTo(expected);
    assertThat(expected.iteration()).isEqualTo(5);
    assertThat(expected.reportedIterations()).isEqualTo(3);
    assertThat(expected.reportedLoss()).isEqualTo(6);
    assertThat(expected.validation().bestIteration()).isEqualTo(2);
    assertThat(expected.validation().evaluationsWithoutImprovement()).isEqualTo(1);
  }

  @Test
  void timeIncludesEarlierProcesses() {
    Progress hour = new Progress(0, 0, 0, 0, 0, 3600, 0, 0, 1, 1, 1, Validation.none(), 1, 0);
    assertThat(new TrainingState(hour).seconds()).isBetween(3600.0, 3660.0);
  }

  @Test
  void anInterruptedIterationIsRecordedAfterResuming() {
    TrainingState state = started();
    step(state, 4);
    state.evaluated(3, 0);
    step(state, 3);
    state.evaluated(2, 0);
    state.finish("2 iterations");
    state.interrupted();

    assertThat(state.isInterrupted()).isTrue();
    assertThat(state.finished()).isNull();
    assertThat(state.validationLoss()).isNull();
    assertThat(state.validation().bestLoss()).isEqualTo(3);
    assertThat(state.validation().bestIteration()).isEqualTo(1);
    Progress progress = state.progress();
    assertThat(progress.iteration()).isEqualTo(2);
    assertThat(progress.recorded()).isEqualTo(1);
    TrainingState resumed = new TrainingState(progress);
    assertThat(resumed.startsUnrecorded()).isTrue();
    assertThat(resumed.isInterrupted()).isFalse();
    assertThat(resumed.meanLoss()).isEqualTo(3.5);
  }

  @Test
  void aProcessKnowsItsOwnUpdates() {
    TrainingState state = started();
    assertThat(state.isFromEarlierProcess()).isTrue();
    assertThat(state.loss()).isNaN();
    step(state, 4);
    assertThat(state.isFromEarlierProcess()).isFalse();
    assertThat(new TrainingState(state.progress()).isFromEarlierProcess()).isTrue();
  }
}
