package trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.CarriedState.LayerState;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.text.Segment;

/**
 * Contract of every engine, to be subclassed per engine. Numbers are compared with those of the
 * reference engine in double precision, which is itself tested against automatic differentiation
 * and finite differences.
 */
public abstract class EngineContractTest {
  private static final int VOCABULARY = 17;
  private static final int LANES = 3;
  private static final int LENGTH = 5;

  /** Terms of the sum that is a gradient in the mixed network of these tests. */
  private static final int TERMS = LENGTH * (7 + LANES);

  /** Creates the engine under test. */
  protected abstract Engine engine(CharacterNetwork network);

  /** Type of the network's arrays. */
  protected abstract DataType type();

  /**
   * Tolerance of a number, relative to the largest of its array.
   *
   * @param terms terms of the sum that it is
   */
  protected abstract double tolerance(int terms);

  /** Of shapes with parameters: those of other engines in this process are often the same. */
  private static final Map<List<Object>, List<Expected>> EXPECTED = new HashMap<>();

  private final List<CharacterNetwork> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(network -> network.engine().close());
  }

  private CharacterNetwork network(Configuration configuration, int vocabulary) {
    CharacterNetwork network =
        new CharacterNetwork(configuration, vocabulary, type(), this::engine);
    opened.add(network);
    return network;
  }

  /** The reference engine in double precision on a network with the same parameters. */
  private static CharacterNetwork reference(CharacterNetwork network, Configuration configuration) {
    CharacterNetwork reference =
        Networks.nd4j(configuration, network.vocabularySize(), DataType.DOUBLE);
    reference.setParams(network.params().castTo(DataType.DOUBLE));
    return reference;
  }

  private static Configuration mixed() {
    return Networks.configuration(LANES, LENGTH, Networks.mixed());
  }

  private CharacterNetwork mixedNetwork() {
    return network(mixed(), VOCABULARY);
  }

  private static List<Segment> text(int... lengths) {
    return RandomText.segments(VOCABULARY, LANES, 7, lengths);
  }

  /** Six segments of equal length. */
  private static List<Segment> text() {
    return text(LENGTH, LENGTH, LENGTH, LENGTH, LENGTH, LENGTH);
  }

  @ParameterizedTest
  @MethodSource("trainer.engine.NetworkShape#odd")
  void lossesGradientsAndCarriedStatesAreThoseOfTheReference(NetworkShape shape) {
    CharacterNetwork network = network(shape.configuration(), shape.vocabulary());
    int length = shape.steps();
    List<Segment> segments =
        RandomText.segments(shape.vocabulary(), shape.lanes(), 1, length, length, length);
    List<Expected> expected =
        EXPECTED.computeIfAbsent(
            List.of(shape, DoubleBuffer.wrap(Comparison.numbers(network.params()))),
            key -> expected(reference(network, shape.configuration()), segments));
    assertSameGradients(network, expected, segments, shape.terms());
  }

  @Test
  void segmentsMayDifferInLength() {
    CharacterNetwork network = mixedNetwork();
    List<Segment> segments = text(5, 3, 5, 1, 17, 5);
    assertSameGradients(
        network, expected(reference(network, mixed()), segments), segments, 17 * (7 + LANES));
  }

  /** Of a segment. */
  private record Expected(Engine.Step step, Map<String, INDArray> gradients, CarriedState after) {}

  private static List<Expected> expected(CharacterNetwork reference, List<Segment> segments) {
    List<Expected> expected = new ArrayList<>();
    for (Segment segment : segments) {
      Engine.Step step = reference.engine().gradient(segment, expected.size());
      Map<String, INDArray> gradients = new LinkedHashMap<>();
      NamedParameters.gradients(reference)
          .forEach((name, array) -> gradients.put(name, array.dup()));
      expected.add(new Expected(step, gradients, reference.engine().carriedState()));
    }
    return expected;
  }

  private void assertSameGradients(
      CharacterNetwork network, List<Expected> expected, List<Segment> segments, int terms) {
    Comparison comparison = new Comparison(tolerance(terms), tolerance(1));
    for (int i = 0; i < segments.size(); i++) {
      Expected of = expected.get(i);
      Engine.Step step = network.engine().gradient(segments.get(i), i);
      comparison.assertClose("loss", step.loss(), of.step().loss());
      comparison.assertClose("gradient norm", step.gradientNorm(), of.step().gradientNorm());
      comparison.assertClose(NamedParameters.gradients(network), of.gradients());
      comparison.assertClose(network.engine().carriedState(), of.after());
    }
  }

  /**
   * An optimizer and a bound on gradients.
   *
   * @param sensitivity largest change of a parameter by one update per change of the gradient;
   *     every epsilon is large enough to keep it small
   */
  record Update(Optimizer optimizer, GradientClipping clipping, double sensitivity) {}

  static Stream<Update> updates() {
    GradientClipping none = new GradientClipping.None();
    GradientClipping norm = new GradientClipping.Norm(0.1);
    GradientClipping value = new GradientClipping.Value(0.005);
    return Stream.of(
        new Update(new Optimizer.Sgd(0.5, 0), none, 0.5),
        new Update(new Optimizer.Sgd(0.5, 0), value, 0.5),
        new Update(new Optimizer.Sgd(0.1, 0.9), norm, 1),
        new Update(new Optimizer.RmsProp(0.01, 0.95, 0.01), value, 1),
        new Update(new Optimizer.Adam(0.01, 0.9, 0.99, 0.01), none, 1),
        new Update(new Optimizer.Adam(0.01, 0.9, 0.99, 0.01), new GradientClipping.Norm(1e3), 1),
        new Update(new Optimizer.AdamW(0.01, 0.8, 0.9, 0.01, 2), norm, 1),
        new Update(new Optimizer.AdamW(0.01, 0.8, 0.9, 0.01, 2), value, 1));
  }

  @ParameterizedTest
  @MethodSource("updates")
  void trainingIsThatOfTheReference(Update update) {
    Configuration configuration =
        Configurations.of(
            List.of(Networks.mixed()), LANES, LENGTH, update.optimizer(), update.clipping());
    CharacterNetwork network = network(configuration, VOCABULARY);
    CharacterNetwork reference = reference(network, configuration);
    double tolerance = tolerance(TERMS);
    double gradients = 0;
    int iteration = 0;
    for (Segment segment : text()) {
      // This rate is used, not the optimizer's.
      double rate = update.optimizer().learningRate() * (1 - 0.1 * iteration);
      Engine.Step expected = reference.engine().train(segment, rate, iteration);
      Engine.Step step = network.engine().train(segment, rate, iteration);
      gradients += expected.gradientNorm();
      assertThat(step.loss()).isCloseTo(expected.loss(), within(tolerance * expected.loss()));
      iteration++;
    }
    double[] expected = Comparison.numbers(reference.params());
    double[] actual = Comparison.numbers(network.params());
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i])
          .as("parameter %d", i)
          .isCloseTo(expected[i], within(tolerance * (1 + update.sensitivity() * gradients)));
    }
  }

  @Test
  void twoRunsAreBitIdentical() {
    assertThat(trained(mixedNetwork(), text(), network -> {}))
        .isDeepEqualTo(trained(mixedNetwork(), text(), network -> {}));
  }

  @Test
  void readingInTheMiddleOfAnEpochLeavesTrainingBitIdentical() {
    Segment other = RandomText.segments(VOCABULARY, 2, 99, 11).get(0);
    assertThat(trained(mixedNetwork(), text(), network -> readInEveryWay(network, other)))
        .isDeepEqualTo(trained(mixedNetwork(), text(), network -> {}));
  }

  /** Evaluation, sampling, and Deeplearning4j's own reading methods. */
  private void readInEveryWay(CharacterNetwork network, Segment segment) {
    try (Engine.Session evaluation = network.engine().session(segment.lanes());
        Engine.Session sampling = network.engine().session(1)) {
      evaluation.score(segment);
      sampling.next(new int[] {3});
      sampling.next(new int[] {4});
      sampling.clear();
    }
    DataSet data = OneHotText.dataSet(segment, VOCABULARY, type());
    network.output(data.getFeatures());
    network.feedForward(data.getFeatures());
    network.score(data);
    network.rnnTimeStep(data.getFeatures());
    network.rnnClearPreviousState();
    network.evaluate(new SingletonDataSetIterator(data));
    network.updaterState();
    assertThat(network.clone().params()).isEqualTo(network.params());
  }

  /** Parameters, updater state and losses after training. */
  private static double[][] trained(
      CharacterNetwork network, List<Segment> segments, Consumer<CharacterNetwork> between) {
    double[] losses = new double[segments.size()];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = network.fit(segments.get(i)).loss();
      between.accept(network);
    }
    return new double[][] {
      losses, Comparison.numbers(network.params()), Comparison.numbers(network.updaterState())
    };
  }

  @Test
  void anotherNetworkResumesBitIdentically() {
    List<Segment> text = text();
    CharacterNetwork first = mixedNetwork();
    trained(first, text.subList(0, 3), network -> {});
    CharacterNetwork second = mixedNetwork();
    second.setParams(first.params());
    second.setUpdaterState(first.updaterState());
    second.engine().carriedState(first.engine().carriedState());
    second.getLayerWiseConfigurations().setIterationCount(first.getIterationCount());

    assertThat(trained(second, text.subList(3, 6), network -> {}))
        .isDeepEqualTo(trained(first, text.subList(3, 6), network -> {}));
  }

  @Test
  void theCarriedStateIsACopy() {
    CharacterNetwork network = mixedNetwork();
    network.fit(text().get(0));
    CarriedState state = network.engine().carriedState();
    double[] before = state.layers().get(0).hidden().clone();
    network.fit(text().get(1));
    assertThat(state.layers().get(0).hidden()).isEqualTo(before);
    assertThat(network.engine().carriedState().layers().get(0).hidden()).isNotEqualTo(before);
  }

  @Test
  void aClearedStateIsThatOfTheBeginning() {
    CharacterNetwork network = mixedNetwork();
    CarriedState beginning = network.engine().carriedState();
    Engine.Step first = network.engine().gradient(text().get(0), 0);
    assertThat(network.engine().gradient(text().get(0), 0)).isNotEqualTo(first);
    network.engine().clearState();
    assertThat(network.engine().gradient(text().get(0), 0)).isEqualTo(first);
    network.engine().carriedState(beginning);
    assertThat(network.engine().gradient(text().get(0), 0)).isEqualTo(first);
  }

  @Test
  void otherLanesThanThoseOfTheCarriedStateAreRefused() {
    CharacterNetwork network = mixedNetwork();
    Engine.Step first = network.engine().gradient(text().get(0), 0);
    Segment wider = RandomText.segments(VOCABULARY, 4, 7, LENGTH).get(0);
    Segment single = RandomText.segments(VOCABULARY, 1, 7, LENGTH).get(0);
    CarriedState before = network.engine().carriedState();
    for (Segment other : List.of(wider, single)) {
      assertThatThrownBy(() -> network.engine().gradient(other, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a segment of %d lanes, the carried state has 3: clear or set the state first",
              other.lanes());
    }
    new Comparison(0, 0).assertClose(network.engine().carriedState(), before);
    network.engine().clearState();
    network.engine().gradient(wider, 1);
    network.engine().clearState();
    assertThat(network.engine().gradient(text().get(0), 0)).isEqualTo(first);
  }

  @Test
  void aCarriedStateOfAnotherNetworkIsRefused() {
    CharacterNetwork network = mixedNetwork();
    network.fit(text().get(0));
    CarriedState state = network.engine().carriedState();
    List<LayerState> fewer = state.layers().subList(0, 3);
    List<LayerState> swapped = new ArrayList<>(state.layers());
    swapped.set(0, state.layers().get(3));
    assertThatThrownBy(() -> network.engine().carriedState(new CarriedState(fewer)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a carried state of 3 layers, the network has 4");
    assertThatThrownBy(() -> network.engine().carriedState(new CarriedState(swapped)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the carried state of layer 0 does not fit 3 lanes of %s", Networks.mixed()[0]);
  }

  @Test
  void parametersThatWereSetAreThoseThatTrain() {
    CharacterNetwork network = mixedNetwork();
    CharacterNetwork other = mixedNetwork();
    network.fit(text().get(0));
    other.engine().clearState();
    network.engine().clearState();
    network.setParams(other.params());
    assertThat(network.engine().gradient(text().get(0), 0))
        .isEqualTo(other.engine().gradient(text().get(0), 0));
  }
}
