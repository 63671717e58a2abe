package trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.evaluation.regression.RegressionEvaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import trainer.Networks;
import trainer.engine.OneHotText;
import trainer.engine.RandomText;
import trainer.engine.cpu.CpuEngine;
import trainer.text.Segment;

/**
 * A network whose engine keeps parameters in its own layout: reading methods return the trained
 * ones, and setting methods change the engine's.
 */
class SharedParametersTest {
  private static final int VOCABULARY = 7;
  private static final Segment SEGMENT = RandomText.segments(VOCABULARY, 3, 1, 5).get(0);
  private static final DataSet TEXT = OneHotText.dataSet(SEGMENT, VOCABULARY, DataType.FLOAT);

  private final List<CharacterNetwork> opened = new ArrayList<>();

  private CharacterNetwork network() {
    CharacterNetwork network =
        new CharacterNetwork(
            Networks.configuration(3, 5, Networks.mixed()),
            VOCABULARY,
            DataType.FLOAT,
            created -> new CpuEngine(created, 1));
    opened.add(network);
    return network;
  }

  @AfterEach
  void close() {
    opened.forEach(network -> network.engine().close());
  }

  private static double[] numbers(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private static Named<Function<CharacterNetwork, double[]>> reading(
      String name, Function<CharacterNetwork, INDArray> reading) {
    return Named.of(name, network -> numbers(reading.apply(network)));
  }

  private static Named<Function<CharacterNetwork, double[]>> measuring(
      String name, Function<CharacterNetwork, Double> measuring) {
    return Named.of(name, network -> new double[] {measuring.apply(network)});
  }

  private static double squaredError(CharacterNetwork network) {
    RegressionEvaluation evaluation = new RegressionEvaluation(VOCABULARY);
    network.doEvaluation(new SingletonDataSetIterator(TEXT), evaluation);
    return evaluation.averageMeanSquaredError();
  }

  static Stream<Named<Function<CharacterNetwork, double[]>>> readings() {
    return Stream.of(
        reading("params", CharacterNetwork::params),
        reading("getParam", network -> network.getParam("2_RW")),
        reading("paramTable", network -> network.paramTable().get("0_W")),
        reading("layerParameters", network -> network.layerParameters(1).bias()),
        reading("outputParameters", network -> network.outputParameters().weights()),
        reading("updaterState", CharacterNetwork::updaterState),
        reading("getUpdater", network -> network.getUpdater().getStateViewArray()),
        reading("output", network -> network.output(TEXT.getFeatures())),
        reading("feedForward", network -> network.feedForward(TEXT.getFeatures()).get(2)),
        reading("rnnTimeStep", network -> network.rnnTimeStep(TEXT.getFeatures())),
        reading("scoreExamples", network -> network.scoreExamples(TEXT, false)),
        reading("clone", network -> network.clone().params()),
        measuring("score", network -> network.score(TEXT)),
        measuring("doEvaluation", SharedParametersTest::squaredError));
  }

  @ParameterizedTest
  @MethodSource("readings")
  void readingReturnsTrainedParameters(Function<CharacterNetwork, double[]> reading) {
    CharacterNetwork network = network();
    CharacterNetwork upToDate = network();
    double[] before = reading.apply(network);
    network.rnnClearPreviousState();
    network.fit(SEGMENT);
    upToDate.fit(SEGMENT);
    upToDate.engine().synchronize();
    assertThat(reading.apply(network)).isEqualTo(reading.apply(upToDate)).isNotEqualTo(before);
  }

  private static Named<BiConsumer<CharacterNetwork, MultiLayerNetwork>> setting(
      String name, BiConsumer<CharacterNetwork, MultiLayerNetwork> setting) {
    return Named.of(name, setting);
  }

  static Stream<Named<BiConsumer<CharacterNetwork, MultiLayerNetwork>>> settings() {
    return Stream.of(
        setting("setParams", (network, from) -> network.setParams(from.params())),
        setting("setParameters", (network, from) -> network.setParameters(from.params())),
        setting("setParamTable", (network, from) -> network.setParamTable(from.paramTable())),
        setting(
            "setParam",
            (network, from) -> Map.copyOf(from.paramTable()).forEach(network::setParam)));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void trainingContinuesFromSetParameters(BiConsumer<CharacterNetwork, MultiLayerNetwork> setting) {
    CharacterNetwork network = network();
    CharacterNetwork other = network();
    other.fit(SEGMENT);
    setting.accept(network, other);
    other.engine().clearState();
    assertThat(network.engine().gradient(SEGMENT, 0))
        .isEqualTo(other.engine().gradient(SEGMENT, 0));
    assertThat(numbers(network.params())).isEqualTo(numbers(other.params()));
  }

  @Test
  void anUpdatersStateThatIsSetTrainsOn() {
    CharacterNetwork other = network();
    CharacterNetwork byState = network();
    CharacterNetwork byUpdater = network();
    CharacterNetwork without = network();
    other.fit(SEGMENT);
    byState.setUpdaterState(other.updaterState());
    byUpdater.setUpdater(other.clone().getUpdater());
    byState.fit(SEGMENT);
    byUpdater.fit(SEGMENT);
    without.fit(SEGMENT);
    assertThat(numbers(byUpdater.params()))
        .isEqualTo(numbers(byState.params()))
        .isNotEqualTo(numbers(without.params()));
  }

  @Test
  void aNetworkMayBeClosedTwice() {
    CharacterNetwork network = network();
    network.fit(SEGMENT);
    network.close();
    network.close();
    assertThat(network.params().wasClosed()).isTrue();
  }
}
