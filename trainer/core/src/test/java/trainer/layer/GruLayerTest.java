package trainer.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The layer in a plain Deeplearning4j network. */
class GruLayerTest {
  private static final int LANES = 3;
  private static final int INPUTS = 4;
  private static final int SIZE = 5;
  private static final int OUTPUTS = 2;
  private static final int STEPS = 7;

  private static MultiLayerNetwork network(double l2, double retained) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(12)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(1))
                .activation(Activation.TANH)
                .weightInit(WeightInit.XAVIER)
                .l2(l2)
                .list()
                .layer(new Gru.Builder().nIn(INPUTS).nOut(SIZE).build())
                .layer(new Gru.Builder().nIn(SIZE).nOut(6).dropOut(retained).biasInit(0.1).build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MSE)
                        .activation(Activation.TANH)
                        .nIn(6)
                        .nOut(OUTPUTS)
                        .build())
                .build());
    network.init();
    return network;
  }

  private static MultiLayerNetwork network() {
    return network(0, 0);
  }

  /** Numbers in [-1, 1). */
  private static INDArray random(long seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.rand(DataType.DOUBLE, shape).muli(2).subi(1);
  }

  private static INDArray input(int steps) {
    return random(1, LANES, INPUTS, steps);
  }

  private static INDArray labels() {
    return random(2, LANES, OUTPUTS, STEPS);
  }

  private static double[] numbers(INDArray array) {
    return array.dup('c').data().asDouble();
  }

  /** Steps [from, to) of a sequence. */
  private static INDArray steps(INDArray sequence, int from, int to) {
    INDArray part =
        Nd4j.create(DataType.DOUBLE, sequence.size(0), sequence.size(1), (long) to - from);
    for (int t = from; t < to; t++) {
      part.tensorAlongDimension(t - from, 0, 1).assign(sequence.tensorAlongDimension(t, 0, 1));
    }
    return part;
  }

  @Test
  void gradientsPassDeeplearning4jsOwnCheck() {
    assertThat(gradientsAreRight(network())).isTrue();
  }

  @Test
  void gradientsUnderRegularizationAndDropoutPassToo() {
    assertThat(gradientsAreRight(network(0.01, 0.6))).isTrue();
  }

  private static boolean gradientsAreRight(MultiLayerNetwork network) {
    DataType before = Nd4j.dataType();
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE); // required by the check
    try {
      return GradientCheckUtil.checkGradients(
          new GradientCheckUtil.MLNConfig()
              .net(network)
              .input(input(STEPS))
              .labels(labels())
              .maxRelError(1e-5)
              .minAbsoluteError(1e-9)
              .subset(true)
              .maxPerParam(15)
              .callEachIter(ignored -> Nd4j.getRandom().setSeed(99))); // for the same dropout
    } finally {
      Nd4j.setDefaultDataTypes(before, before);
    }
  }

  @Test
  void theOutputIsThatOfTheFormulas() {
    MultiLayerNetwork network = network();
    network.getParam("0_b").assign(random(3, 3 * SIZE));
    network.getParam("0_rb").assign(random(4, SIZE));
    INDArray input = input(STEPS);
    INDArray output = network.feedForward(input).get(1); // [lanes, SIZE, steps]
    double[] hidden = new double[SIZE];
    for (int t = 0; t < STEPS; t++) {
      hidden = step(network, input, t, hidden);
      for (int unit = 0; unit < SIZE; unit++) {
        assertThat(output.getDouble(1, unit, t)).isCloseTo(hidden[unit], within(1e-14));
      }
    }
  }

  /** h[t] of the second lane, unit by unit; the gates are reset, update, candidate. */
  private static double[] step(MultiLayerNetwork network, INDArray input, int t, double[] before) {
    double[] after = new double[SIZE];
    for (int unit = 0; unit < SIZE; unit++) {
      double[] fromInput = new double[3];
      double[] fromBefore = new double[3];
      for (int gate = 0; gate < 3; gate++) {
        int column = gate * SIZE + unit;
        fromInput[gate] = network.getParam("0_b").getDouble(column);
        for (int i = 0; i < INPUTS; i++) {
          fromInput[gate] +=
              input.getDouble(1, i, t) * network.getParam("0_W").getDouble(i, column);
        }
        for (int j = 0; j < SIZE; j++) {
          fromBefore[gate] += before[j] * network.getParam("0_RW").getDouble(j, column);
        }
      }
      double reset = 1 / (1 + Math.exp(-fromInput[0] - fromBefore[0]));
      double update = 1 / (1 + Math.exp(-fromInput[1] - fromBefore[1]));
      double bias = network.getParam("0_rb").getDouble(unit);
      double candidate = Math.tanh(fromInput[2] + reset * (fromBefore[2] + bias));
      after[unit] = (1 - update) * candidate + update * before[unit];
    }
    return after;
  }

  @Test
  void someStepsAtATimeAreTheWholeSequence() {
    MultiLayerNetwork network = network();
    INDArray input = input(STEPS);
    INDArray whole = network.output(input);
    int[] cuts = {0, 1, 2, 5, STEPS};
    for (int i = 0; i + 1 < cuts.length; i++) {
      INDArray part = network.rnnTimeStep(steps(input, cuts[i], cuts[i + 1]));
      assertThat(numbers(part))
          .containsExactly(numbers(steps(whole, cuts[i], cuts[i + 1])), within(1e-14));
    }
    network.rnnClearPreviousState();
    assertThat(numbers(network.rnnTimeStep(input))).containsExactly(numbers(whole), within(1e-14));
    assertThat(numbers(network.rnnTimeStep(input))).isNotEqualTo(numbers(whole));
    assertThat(numbers(network.output(input))).isEqualTo(numbers(whole));
  }

  @Test
  void truncatedBackpropagationHasAStateOfItsOwn() {
    MultiLayerNetwork network = network();
    INDArray input = input(STEPS);
    INDArray second = steps(input, 3, STEPS);
    double[] whole = numbers(steps(network.output(input), 3, STEPS));
    network.rnnActivateUsingStoredState(steps(input, 0, 3), true, true);
    for (int again = 0; again < 2; again++) {
      INDArray output = network.rnnActivateUsingStoredState(second, true, false).get(3);
      assertThat(numbers(output)).containsExactly(whole, within(1e-14));
    }
    assertThat(numbers(network.rnnTimeStep(second)))
        .containsExactly(numbers(network.output(second)), within(1e-14));
  }

  @Test
  void aModelFileBringsItBack(@TempDir Path directory) throws IOException {
    MultiLayerNetwork network = network(0.01, 0.8);
    Path file = directory.resolve("model.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    MultiLayerNetwork reopened = ModelSerializer.restoreMultiLayerNetwork(file.toFile());
    assertThat(reopened.getLayerWiseConfigurations())
        .isEqualTo(network.getLayerWiseConfigurations());
    assertThat(numbers(reopened.output(input(STEPS))))
        .isEqualTo(numbers(network.output(input(STEPS))));
  }

  @Test
  void aCloneIsIndependent() {
    MultiLayerNetwork network = network();
    double[] before = numbers(network.output(input(STEPS)));
    MultiLayerNetwork clone = network.clone();
    assertThat(numbers(clone.output(input(STEPS)))).isEqualTo(before);
    clone.fit(input(STEPS), labels());
    assertThat(numbers(clone.output(input(STEPS)))).isNotEqualTo(before);
    assertThat(numbers(network.output(input(STEPS)))).isEqualTo(before);
  }

  @Test
  void itLearns() {
    MultiLayerNetwork network = network();
    network.setLearningRate(0.1);
    network.fit(input(STEPS), labels());
    double first = network.score();
    for (int i = 0; i < 20; i++) {
      network.fit(input(STEPS), labels());
    }
    assertThat(network.score()).isLessThan(0.8 * first);
  }

  @Test
  void parametersLieAsTheyAreNamed() {
    MultiLayerNetwork network = network();
    assertThat(network.paramTable().keySet())
        .startsWith("0_W", "0_RW", "0_b", "0_rb", "1_W", "1_RW", "1_b", "1_rb");
    assertThat(network.getParam("0_W").shape()).containsExactly(INPUTS, 3 * SIZE);
    assertThat(network.getParam("0_RW").shape()).containsExactly(SIZE, 3 * SIZE);
    assertThat(network.getParam("0_b").length()).isEqualTo(3 * SIZE);
    assertThat(network.getParam("0_rb").length()).isEqualTo(SIZE);
    assertThat(numbers(network.getParam("1_b"))).containsOnly(0.1);
    assertThat(numbers(network.getParam("1_rb"))).containsOnly(0.1);

    int recurrentBias = (INPUTS + SIZE + 1) * 3 * SIZE;
    assertThat(network.getLayer(0).numParams()).isEqualTo(recurrentBias + SIZE);
    network.getParam("0_W").putScalar(2, 7, 42);
    network.getParam("0_rb").putScalar(4, 43);
    assertThat(network.params().getDouble(7 * INPUTS + 2)).isEqualTo(42);
    assertThat(network.params().getDouble(recurrentBias + 4)).isEqualTo(43);
  }

  @Test
  void itEstimatesItsMemory() {
    Gru gru = new Gru.Builder().nIn(INPUTS).nOut(SIZE).updater(new Sgd(1)).build();
    assertThat(gru.getMemoryReport(InputType.recurrent(INPUTS, STEPS)).toString()).contains("Gru");
  }

  @Test
  void sizesAreNeeded() {
    MultiLayerNetwork network = plain(new Gru.Builder().nOut(SIZE).build());
    assertThatThrownBy(network::init).hasMessageContaining("nIn");
  }

  @Test
  void stepsMustBeTheLastDimension() {
    MultiLayerNetwork network =
        plain(new Gru.Builder().nIn(INPUTS).nOut(SIZE).dataFormat(RNNFormat.NWC).build());
    assertThatThrownBy(network::init)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Gru: data format NWC is not supported; use RNNFormat.NCW");
  }

  private static MultiLayerNetwork plain(Gru gru) {
    return new MultiLayerNetwork(new NeuralNetConfiguration.Builder().list().layer(gru).build());
  }
}
