package trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Schedule;
import trainer.config.Training;
import trainer.config.Training.EarlyStopping;
import trainer.config.Training.Remainder;
import trainer.datavec.CharacterIterator;
import trainer.network.CharacterNetwork;
import trainer.text.EncodedText;
import trainer.text.EvaluationLanes;
import trainer.text.Lanes;
import trainer.text.Split;
import trainer.text.Texts;

class TrainingLoopTest {
  private static final EncodedText TEXT =
      Texts.encoded("from fairest creatures we desire increase, that thereby beauty's rose");
  private static final Lanes LANES =
      Lanes.training(TEXT, Split.whole("training", TEXT), 3, 5, Remainder.DROP); // 4 segments

  private static CharacterNetwork network(
      int epochs, Integer maxIterations, Integer patience, Schedule schedule) {
    Configuration any = Networks.configuration(3, 5, Networks.mixed());
    Training training =
        new Training(
            3,
            5,
            null,
            epochs,
            maxIterations,
            null,
            Networks.ADAM,
            schedule,
            new GradientClipping.Norm(5),
            new EarlyStopping(patience, 0));
    return Networks.nd4j(
        Configurations.with(any, 1, any.model(), training),
        TEXT.vocabulary().size(),
        DataType.DOUBLE);
  }

  private static CharacterNetwork network(int epochs) {
    return network(epochs, null, null, new Schedule.Constant(0));
  }

  private static TrainingState started() {
    return new TrainingState(Progress.start());
  }

  private static double[] parameters(CharacterNetwork network) {
    return network.params().dup().data().asDouble();
  }

  /** Records each call. */
  private static final class Called implements TrainingListener {
    private final List<Integer> iterations = new ArrayList<>();

    @Override
    public void updated(TrainingState state) {
      iterations.add(state.iteration());
    }
  }

  @Test
  void itTrainsAsOftenAsAsked() {
    CharacterNetwork network = network(3);
    TrainingState state = started();
    Called called = new Called();
    new TrainingLoop(
            network, new CharacterIterator(LANES), state, new StopSignal(), List.of(called))
        .run();

    assertThat(called.iterations).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    assertThat(state.finished()).isEqualTo("12 iterations");
    assertThat(state.epoch()).isEqualTo(3);
    assertThat(state.segment()).isZero();
    assertThat(state.characters()).isEqualTo(3 * LANES.characters());
    assertThat(network.getIterationCount()).isEqualTo(12);
    assertThat(network.getEpochCount()).isEqualTo(3);

    CharacterNetwork byIterator = network(3);
    byIterator.fit(new CharacterIterator(LANES), 3);
    assertThat(parameters(network)).isEqualTo(parameters(byIterator));
  }

  /** Or evaluations, samples and checkpoints would count as training. */
  @Test
  void theSpeedIsThatOfTheStepsAlone() {
    double pause = 0.02; // seconds
    List<Long> nanos = new ArrayList<>();
    TrainingState state = started();
    TrainingListener slow =
        after -> {
          nanos.add(System.nanoTime());
          LockSupport.parkNanos((long) (1e9 * pause));
          while (System.nanoTime() - nanos.get(nanos.size() - 1) < 1e9 * pause) {
            Thread.onSpinWait();
          }
        };
    new TrainingLoop(
            network(3), new CharacterIterator(LANES), state, new StopSignal(), List.of(slow))
        .run();

    double longest = 0; // seconds from update to update
    for (int i = 1; i < nanos.size(); i++) {
      longest = Math.max(longest, (nanos.get(i) - nanos.get(i - 1)) / 1e9);
    }
    assertThat(state.secondsPerStep()).isPositive().isLessThanOrEqualTo(longest - pause);
    assertThat(state.charactersPerSecond())
        .isGreaterThanOrEqualTo(LANES.lanes() * LANES.length() / (longest - pause));
  }

  @Test
  void itStopsAtTheLastIteration() {
    TrainingState state = started();
    CharacterNetwork network = network(3, 5, null, new Schedule.Constant(0));
    new TrainingLoop(network, new CharacterIterator(LANES), state, new StopSignal(), List.of())
        .run();
    assertThat(state.iteration()).isEqualTo(5);
    assertThat(state.finished()).isEqualTo("5 iterations");
  }

  @Test
  void theScheduleEndsWithTheRun() {
    TrainingState state = started();
    CharacterNetwork network = network(2, 7, null, new Schedule.Linear(0, 0.001));
    new TrainingLoop(network, new CharacterIterator(LANES), state, new StopSignal(), List.of())
        .run();
    assertThat(state.learningRate()).isEqualTo(0.001);
  }

  @Test
  void aStoppedRunResumes() {
    CharacterNetwork whole = network(3);
    new TrainingLoop(whole, new CharacterIterator(LANES), started(), new StopSignal(), List.of())
        .run();

    CharacterNetwork first = network(3);
    TrainingState state = started();
    StopSignal stop = new StopSignal();
    new TrainingLoop(first, new CharacterIterator(LANES), state, stop, List.of(stopAt(6, stop)))
        .run();
    assertThat(state.iteration()).isEqualTo(6);
    assertThat(state.finished()).isNull();

    CharacterNetwork second = network(3);
    goOn(first, second);
    TrainingState resumed = new TrainingState(state.progress());
    new TrainingLoop(second, new CharacterIterator(LANES), resumed, new StopSignal(), List.of())
        .run();
    assertThat(resumed.iteration()).isEqualTo(12);
    assertThat(parameters(second)).isEqualTo(parameters(whole));
  }

  private static TrainingListener stopAt(int iteration, StopSignal stop) {
    return state -> {
      if (state.iteration() == iteration) {
        stop.request("SIGTERM");
      }
    };
  }

  private static void goOn(CharacterNetwork from, CharacterNetwork to) {
    to.setParams(from.params());
    to.setUpdaterState(from.updaterState());
    to.engine().carriedState(from.engine().carriedState());
    to.getLayerWiseConfigurations().setIterationCount(from.getIterationCount());
    to.getLayerWiseConfigurations().setEpochCount(from.getEpochCount());
  }

  @Test
  void anInterruptedEvaluationIsMadeUpForFirst() {
    CharacterNetwork network = network(1);
    TrainingState state = started();
    StopSignal stop = new StopSignal();
    TrainingListener interrupted =
        current -> {
          if (current.iteration() == 2) {
            stop.request("SIGTERM");
            current.interrupted();
          }
        };
    new TrainingLoop(network, new CharacterIterator(LANES), state, stop, List.of(interrupted))
        .run();

    TrainingState resumed = new TrainingState(state.progress());
    Called called = new Called();
    List<TrainingListener> listeners =
        List.of(new DivergenceListener(network.vocabularySize()), called);
    new TrainingLoop(network, new CharacterIterator(LANES), resumed, new StopSignal(), listeners)
        .run();
    assertThat(called.iterations).containsExactly(2, 3, 4);
  }

  @Test
  void aRunThatIsCompleteStaysSo() {
    CharacterNetwork network = network(1);
    TrainingState state = started();
    new TrainingLoop(network, new CharacterIterator(LANES), state, new StopSignal(), List.of())
        .run();
    double[] parameters = parameters(network);

    TrainingState again = new TrainingState(state.progress());
    Called called = new Called();
    new TrainingLoop(
            network, new CharacterIterator(LANES), again, new StopSignal(), List.of(called))
        .run();
    assertThat(again.finished()).isEqualTo("4 iterations");
    assertThat(called.iterations).isEmpty();
    assertThat(parameters(network)).isEqualTo(parameters);
  }

  @Test
  void evaluationsWithoutImprovementEndARun() {
    CharacterNetwork network = network(10, null, 2, new Schedule.Constant(0));
    TrainingState state = started();
    StopSignal stop = new StopSignal();
    EvaluationLanes validation = new EvaluationLanes(TEXT, Split.whole("validation", TEXT));
    List<TrainingListener> listeners =
        List.of(
            new EvaluationListener(
                new Evaluator(network.engine(), validation),
                3,
                new EarlyStopping(2, 100),
                stop,
                evaluated -> {}));
    new TrainingLoop(network, new CharacterIterator(LANES), state, stop, listeners).run();
    // The first is an improvement on nothing; the two after it improve by less than 100 nats.
    assertThat(state.iteration()).isEqualTo(9);
    assertThat(state.finished())
        .isEqualTo(
            "no improvement of more than training.early_stopping.min_delta, 100.0 nats, in 2 evaluations");
  }
}
