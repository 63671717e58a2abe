package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Configurations;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.nd4j.Nd4jEngine;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/** The engine behind a Deeplearning4j network, against the reference engine on the same network. */
class CpuEngineTest {
  private static final int VOCABULARY = 17;
  private static final int LANES = 3;
  private static final List<Layer> STACK =
      List.of(
          new Layer(CellType.LSTM, 17, 0.25),
          new Layer(CellType.GRU, 33, 0),
          new Layer(CellType.SIMPLE_RNN, 3, 0),
          new Layer(CellType.GRAVES_LSTM, 9, 0.5));

  private static CharacterNetwork network(
      Optimizer optimizer, DataType type, Function<CharacterNetwork, Engine> engine) {
    return new CharacterNetwork(
        Configurations.of(STACK, LANES, 9, optimizer, new GradientClipping.Norm(0.1)),
        VOCABULARY,
        type,
        engine);
  }

  private static CharacterNetwork cpu(Optimizer optimizer) {
    return network(optimizer, DataType.FLOAT, network -> new CpuEngine(network, 2));
  }

  private static CharacterNetwork reference(Optimizer optimizer) {
    return network(optimizer, DataType.DOUBLE, Nd4jEngine::new);
  }

  private static List<Segment> text(int segments) {
    Random random = new Random(4);
    List<Segment> text = new ArrayList<>();
    for (int i = 0; i < segments; i++) {
      text.add(RandomNetworks.segment(random, VOCABULARY, 9, LANES));
    }
    return text;
  }

  @ParameterizedTest
  @MethodSource("trainer.Networks#optimizers")
  void trainsAsTheReferenceEngineDoes(Optimizer optimizer) {
    try (CharacterNetwork cpu = cpu(optimizer);
        CharacterNetwork reference = reference(optimizer)) {
      reference.setParams(cpu.params().castTo(DataType.DOUBLE));
      for (Segment segment : text(5)) {
        Engine.Step expected = reference.fit(segment);
        Engine.Step found = cpu.fit(segment);
        assertThat(found.loss()).isCloseTo(expected.loss(), within(2e-6));
        assertThat(found.gradientNorm()).isCloseTo(expected.gradientNorm(), within(2e-6));
      }
      Tolerance.ENGINES.check(cpu.params().data().asFloat(), reference.params().data().asDouble());
      if (reference.updaterState() != null) {
        Tolerance.ENGINES.check(
            cpu.updaterState().data().asFloat(), reference.updaterState().data().asDouble());
      }
    }
  }

  @Test
  void leavesTheGradientInTheNetworksView() {
    Optimizer optimizer = new Optimizer.Sgd(0.1, 0);
    try (CharacterNetwork cpu = cpu(optimizer);
        CharacterNetwork reference = reference(optimizer)) {
      reference.setParams(cpu.params().castTo(DataType.DOUBLE));
      for (Segment segment : text(2)) {
        cpu.engine().gradient(segment, 3);
        reference.engine().gradient(segment, 3);
        Tolerance.GRADIENT.check(
            cpu.getFlattenedGradients().data().asFloat(),
            reference.getFlattenedGradients().data().asDouble());
      }
    }
  }

  @Test
  void aRunMovesBetweenEnginesAndContinuesAsIfNothingHadHappened() {
    Optimizer optimizer = new Optimizer.Adam(0.01, 0.9, 0.99, 1e-4);
    List<Segment> text = text(6);
    try (CharacterNetwork reference = reference(optimizer);
        CharacterNetwork first = cpu(optimizer);
        CharacterNetwork middle = network(optimizer, DataType.FLOAT, Nd4jEngine::new);
        CharacterNetwork last = cpu(optimizer)) {
      reference.setParams(first.params().castTo(DataType.DOUBLE));
      text.forEach(reference::fit);
      text.subList(0, 2).forEach(first::fit);
      moveOn(first, middle);
      text.subList(2, 4).forEach(middle::fit);
      moveOn(middle, last);
      text.subList(4, 6).forEach(last::fit);
      Tolerance.ENGINES.check(last.params().data().asFloat(), reference.params().data().asDouble());
    }
  }

  private static void moveOn(CharacterNetwork from, CharacterNetwork to) {
    to.setParams(from.params());
    to.setUpdaterState(from.updaterState());
    to.getLayerWiseConfigurations().setIterationCount(from.getIterationCount());
    to.engine().carriedState(from.engine().carriedState());
  }

  @Test
  void sessionsAgreeWithTheReferenceEngine() {
    Optimizer optimizer = new Optimizer.Sgd(0.1, 0);
    try (CharacterNetwork cpu = cpu(optimizer);
        CharacterNetwork reference = reference(optimizer)) {
      reference.setParams(cpu.params().castTo(DataType.DOUBLE));
      try (Engine.Session found = cpu.engine().session(LANES);
          Engine.Session expected = reference.engine().session(LANES)) {
        for (Segment segment : text(2)) {
          Engine.Score score = found.score(segment);
          Engine.Score exact = expected.score(segment);
          assertThat(score.loss()).isCloseTo(exact.loss(), within(2e-6));
          assertThat(score.correct()).isEqualTo(exact.correct());
          assertThat(score.characters()).isEqualTo(exact.characters());
        }
        assertThat(found.next(new int[] {1, 2, 3}))
            .containsExactly(expected.next(new int[] {1, 2, 3}), within(5e-6f));
      }
    }
  }

  @Test
  void stateIsZeroUntilTextIsReadAndAfterItIsCleared() {
    try (CharacterNetwork cpu = cpu(new Optimizer.Sgd(0.1, 0))) {
      Engine engine = cpu.engine();
      assertThat(engine.carriedState().layers()).isEmpty();
      Segment segment = text(1).get(0);
      double fresh = engine.gradient(segment, 0).loss();
      assertThat(engine.carriedState().layers()).hasSize(STACK.size());
      assertThat(engine.gradient(segment, 0).loss()).isNotEqualTo(fresh);
      engine.clearState();
      assertThat(engine.carriedState().layers()).isEmpty();
      assertThat(engine.gradient(segment, 0).loss()).isEqualTo(fresh);
      engine.carriedState(new CarriedState(List.of()));
      assertThat(engine.gradient(segment, 0).loss()).isEqualTo(fresh);
      engine.clearState();
      Segment other = RandomNetworks.segment(new Random(1), VOCABULARY, 4, LANES + 2);
      assertThat(engine.gradient(other, 0).loss()).isPositive();
    }
  }

  @Test
  void describesItsLibrariesAndDevice() {
    try (CharacterNetwork cpu = cpu(new Optimizer.Sgd(0.1, 0))) {
      assertThat(cpu.engine().description()).matches("cpu \\(oneDNN 2\\.5\\.2, .+, 2 threads\\)");
    }
  }
}
