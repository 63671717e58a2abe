package trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.Engine.Score;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/** Contract of every engine's sessions, to be subclassed per engine. */
public abstract class EngineSessionContractTest {
  private static final int VOCABULARY = 17;
  private static final int LANES = 3;
  private static final Segment SEGMENT = RandomText.segments(VOCABULARY, LANES, 3, 33).get(0);

  private final List<CharacterNetwork> opened = new ArrayList<>();

  /** Creates the engine under test. */
  protected abstract Engine engine(CharacterNetwork network);

  /** Type of the network's arrays. */
  protected abstract DataType type();

  /** Tolerance of a log-probability, nats. */
  protected abstract double tolerance();

  private CharacterNetwork network(Layer... layers) {
    CharacterNetwork network =
        new CharacterNetwork(
            Networks.configuration(LANES, 5, layers), VOCABULARY, type(), this::engine);
    opened.add(network);
    return network;
  }

  @AfterEach
  void close() {
    opened.forEach(network -> network.engine().close());
  }

  private static Segment part(Segment whole, int from, int length) {
    Segment part = new Segment(length, whole.lanes());
    int first = from * whole.lanes();
    System.arraycopy(whole.inputs(), first, part.inputs(), 0, part.characters());
    System.arraycopy(whole.targets(), first, part.targets(), 0, part.characters());
    return part;
  }

  @Test
  void scoresAreThoseOfTheReference() {
    CharacterNetwork network = network(Networks.mixed());
    CharacterNetwork reference =
        Networks.nd4j(
            Networks.configuration(LANES, 5, Networks.mixed()), VOCABULARY, DataType.DOUBLE);
    reference.setParams(network.params().castTo(DataType.DOUBLE));
    try (Engine.Session session = network.engine().session(LANES);
        Engine.Session exact = reference.engine().session(LANES)) {
      Score score = session.score(SEGMENT);
      Score expected = exact.score(SEGMENT);
      assertThat(score.loss()).isCloseTo(expected.loss(), within(tolerance()));
      assertThat(score.correct()).isEqualTo(expected.correct());
      assertThat(score.characters()).isEqualTo(SEGMENT.characters());
    }
  }

  @Test
  void theScoreFollowsFromTheProbabilitiesOfEachNextCharacter() {
    CharacterNetwork network = network(Networks.mixed());
    try (Engine.Session whole = network.engine().session(LANES);
        Engine.Session single = network.engine().session(LANES)) {
      double nats = 0;
      long correct = 0;
      for (int t = 0; t < SEGMENT.length(); t++) {
        Segment step = part(SEGMENT, t, 1);
        float[] logProbabilities = single.next(step.inputs());
        assertThat(logProbabilities).hasSize(LANES * VOCABULARY);
        for (int lane = 0; lane < LANES; lane++) {
          int target = step.targets()[lane];
          nats -= logProbabilities[lane * VOCABULARY + target];
          correct += mostProbable(logProbabilities, lane) == target ? 1 : 0;
        }
      }
      Score score = whole.score(SEGMENT);
      assertThat(score.nats()).isCloseTo(nats, within(tolerance() * SEGMENT.characters()));
      assertThat(score.correct()).isEqualTo(correct);
    }
  }

  @Test
  void theStateIsThatOfTrainingOnTheSameText() {
    CharacterNetwork network =
        network(new Layer(CellType.LSTM, 7, 0), new Layer(CellType.GRU, 5, 0));
    try (Engine.Session session = network.engine().session(LANES)) {
      for (int i = 0; i < 2; i++) {
        session.score(SEGMENT);
        network.engine().gradient(SEGMENT, 0);
        new Comparison(tolerance(), tolerance())
            .assertClose(session.state(), network.engine().carriedState());
      }
      CarriedState before = session.state();
      session.next(new int[LANES]);
      assertThat(session.state().layers().get(0).hidden())
          .isNotEqualTo(before.layers().get(0).hidden());
    }
  }

  /** As PyTorch's ignore_index. */
  @Test
  void aTargetOfMinusOneIsReadButNotScored() {
    CharacterNetwork network = network(Networks.mixed());
    Segment some = part(SEGMENT, 0, SEGMENT.length());
    Segment none = part(SEGMENT, 0, SEGMENT.length());
    for (int i = 0; i < SEGMENT.characters(); i++) {
      none.targets()[i] = -1;
      some.targets()[i] = i % 3 == 0 ? -1 : SEGMENT.targets()[i];
    }
    try (Engine.Session whole = network.engine().session(LANES);
        Engine.Session parts = network.engine().session(LANES);
        Engine.Session single = network.engine().session(LANES)) {
      double nats = 0;
      long correct = 0;
      for (int t = 0; t < SEGMENT.length(); t++) {
        float[] logProbabilities = single.next(part(SEGMENT, t, 1).inputs());
        for (int lane = 0; lane < LANES; lane++) {
          int target = some.targets()[t * LANES + lane];
          if (target >= 0) {
            nats -= logProbabilities[lane * VOCABULARY + target];
            correct += mostProbable(logProbabilities, lane) == target ? 1 : 0;
          }
        }
      }
      Score score = parts.score(some);
      assertThat(score.nats()).isCloseTo(nats, within(tolerance() * SEGMENT.characters()));
      assertThat(score.correct()).isEqualTo(correct);
      assertThat(score.characters()).isEqualTo(SEGMENT.characters() * 2 / 3);

      whole.score(SEGMENT);
      assertThat(parts.score(SEGMENT)).isEqualTo(whole.score(SEGMENT)); // it was read
      assertThat(parts.score(none)).isEqualTo(new Score(0, 0, 0));
    }
  }

  @Test
  void predictionsAreThoseThatAreScored() {
    CharacterNetwork network = network(Networks.mixed());
    Segment some = part(SEGMENT, 0, SEGMENT.length());
    some.targets()[7] = -1;
    Predictions predictions = new Predictions(SEGMENT.characters(), VOCABULARY);
    try (Engine.Session whole = network.engine().session(LANES);
        Engine.Session written = network.engine().session(LANES);
        Engine.Session single = network.engine().session(LANES)) {
      Score score = written.score(some, predictions);
      Score expected = whole.score(some);
      double nats = 0;
      for (int t = 0; t < SEGMENT.length(); t++) {
        float[] logProbabilities = single.next(part(SEGMENT, t, 1).inputs());
        for (int i = 0; i < logProbabilities.length; i++) {
          assertThat(predictions.probabilities()[t * LANES * VOCABULARY + i])
              .isCloseTo((float) Math.exp(logProbabilities[i]), within((float) tolerance()));
        }
        for (int lane = 0; lane < LANES; lane++) {
          int row = t * LANES + lane;
          if (row != 7) {
            nats += predictions.nats()[row];
            assertThat(predictions.nats()[row])
                .isCloseTo(
                    -logProbabilities[lane * VOCABULARY + some.targets()[row]],
                    within(tolerance()));
          }
        }
      }
      assertThat(score.correct()).isEqualTo(expected.correct());
      assertThat(score.characters()).isEqualTo(SEGMENT.characters() - 1);
      assertThat(score.nats())
          .isCloseTo(expected.nats(), within(tolerance() * SEGMENT.characters()));
      assertThat(nats).isCloseTo(score.nats(), within(SEGMENT.characters() * Math.ulp(nats)));
      assertThat(whole.score(SEGMENT).nats()) // the state after it is the same
          .isCloseTo(
              written.score(SEGMENT, predictions).nats(),
              within(tolerance() * SEGMENT.characters()));
    }
  }

  private static int mostProbable(float[] logProbabilities, int lane) {
    int best = 0;
    for (int v = 1; v < VOCABULARY; v++) {
      if (logProbabilities[lane * VOCABULARY + v] > logProbabilities[lane * VOCABULARY + best]) {
        best = v;
      }
    }
    return best;
  }

  @Test
  void probabilitiesAddUpToOne() {
    try (Engine.Session session = network(Networks.mixed()).engine().session(1)) {
      double sum = 0;
      for (float logProbability : session.next(new int[] {5})) {
        sum += Math.exp(logProbability);
      }
      assertThat(sum).isCloseTo(1, within(VOCABULARY * tolerance()));
    }
  }

  @Test
  void stateIsKeptUntilCleared() {
    CharacterNetwork network = network(Networks.mixed());
    try (Engine.Session whole = network.engine().session(LANES);
        Engine.Session parts = network.engine().session(LANES)) {
      Score expected = whole.score(SEGMENT);
      Score score =
          parts
              .score(part(SEGMENT, 0, 20))
              .plus(parts.score(part(SEGMENT, 20, 1)))
              .plus(parts.score(part(SEGMENT, 21, 12)));
      assertThat(score.nats())
          .isCloseTo(expected.nats(), within(tolerance() * SEGMENT.characters()));
      assertThat(score.characters()).isEqualTo(expected.characters());

      Score goneOn = whole.score(SEGMENT);
      assertThat(goneOn.nats()).isNotCloseTo(expected.nats(), within(1e-4));
      whole.clear();
      assertThat(whole.score(SEGMENT)).isEqualTo(expected);
    }
  }

  @Test
  void sessionsAreIndependent() {
    CharacterNetwork network = network(Networks.mixed());
    try (Engine.Session first = network.engine().session(LANES);
        Engine.Session second = network.engine().session(1)) {
      Score expected = first.score(SEGMENT);
      first.clear();
      Score begun = first.score(part(SEGMENT, 0, 20));
      second.next(new int[] {1});
      second.next(new int[] {2});
      Score score = begun.plus(first.score(part(SEGMENT, 20, 13)));
      assertThat(score.nats())
          .isCloseTo(expected.nats(), within(tolerance() * SEGMENT.characters()));
    }
  }

  @Test
  void itReadsWithTheParametersOfTheMoment() {
    CharacterNetwork network = network(Networks.mixed());
    try (Engine.Session session = network.engine().session(LANES)) {
      Score before = session.score(SEGMENT);
      network.fit(SEGMENT);
      session.clear();
      Score after = session.score(SEGMENT);
      assertThat(after.nats()).isLessThan(before.nats());
      try (Engine.Session opened = network.engine().session(LANES)) {
        assertThat(opened.score(SEGMENT)).isEqualTo(after);
      }
    }
  }

  @Test
  void itDropsNothing() {
    Layer[] dropped = Networks.mixed();
    Layer[] kept = new Layer[dropped.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = new Layer(dropped[i].type(), dropped[i].size(), 0);
    }
    try (Engine.Session session = network(dropped).engine().session(LANES);
        Engine.Session without = network(kept).engine().session(LANES)) {
      assertThat(session.score(SEGMENT)).isEqualTo(without.score(SEGMENT));
    }
  }

  @Test
  void textInOtherLanesIsRefused() {
    try (Engine.Session session = network(Networks.mixed()).engine().session(2)) {
      assertThatThrownBy(() -> session.score(SEGMENT))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("text in 3 lanes for a session of 2 lanes");
      assertThatThrownBy(() -> session.next(new int[] {1}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("text in 1 lanes for a session of 2 lanes");
    }
  }
}
