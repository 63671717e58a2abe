package trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.Configuration;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Model;

class InitialWeightsTest {
  private static final int VOCABULARY = 50;
  private static final List<Layer> LAYERS =
      List.of(
          new Layer(CellType.GRAVES_LSTM, 64, 0),
          new Layer(CellType.LSTM, 40, 0),
          new Layer(CellType.GRU, 48, 0),
          new Layer(CellType.SIMPLE_RNN, 100, 0));

  /** The parameters of a new network by name. */
  private static Map<String, INDArray> drawn(
      Initializer initializer, double forgetGateBias, long seed, DataType type) {
    Configuration any = Networks.configuration(1, 1, Networks.mixed());
    Configuration configuration =
        Configurations.with(
            any, seed, new Model(LAYERS, forgetGateBias, initializer), any.training());
    return NamedParameters.of(Networks.nd4j(configuration, VOCABULARY, type));
  }

  private static Map<String, INDArray> uniform(double range) {
    return drawn(new Initializer.Uniform(range), 1, 1, DataType.DOUBLE);
  }

  private static Map<String, INDArray> xavier(long seed, DataType type) {
    return drawn(new Initializer.Xavier(), 0.7, seed, type);
  }

  private static double[] numbers(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private static boolean isDrawn(String name) {
    return name.contains("weights") || name.contains("peephole");
  }

  /**
   * Checks mean and variance to within four standard deviations.
   *
   * @param spread variance of the squares, relative to the square of their mean: 0.8 in a uniform
   *     distribution, 2 in a normal one
   */
  private static void assertDistribution(
      String name, INDArray array, double variance, double spread) {
    double[] numbers = numbers(array);
    double count = numbers.length;
    assertThat(Arrays.stream(numbers).sum() / count)
        .as("mean of " + name)
        .isCloseTo(0, within(4 * Math.sqrt(variance / count)));
    assertThat(Arrays.stream(numbers).map(x -> x * x).sum() / count)
        .as("variance of " + name)
        .isCloseTo(variance, within(4 * variance * Math.sqrt(spread / count)));
  }

  @Test
  void uniformWeightsFillTheirRange() {
    double range = 0.08;
    uniform(range)
        .forEach(
            (name, array) -> {
              if (isDrawn(name)) {
                assertThat(Arrays.stream(numbers(array)).map(Math::abs).max().orElseThrow())
                    .as(name)
                    .isLessThanOrEqualTo(range);
                assertDistribution(name, array, range * range / 3, 0.8);
              }
            });
  }

  @Test
  void xavierWeightsVaryWithTheInputsAndOutputsOfTheirGate() {
    Map<String, INDArray> weights = xavier(1, DataType.DOUBLE);
    assertXavier(weights, "layer0.input_weights.forget", VOCABULARY, 64);
    assertXavier(weights, "layer0.recurrent_weights.cell", 64, 64);
    assertXavier(weights, "layer0.peephole.output", 64, 64);
    assertXavier(weights, "layer1.input_weights.input", 64, 40);
    assertXavier(weights, "layer2.input_weights.candidate", 40, 48);
    assertXavier(weights, "layer2.recurrent_weights.reset", 48, 48);
    assertXavier(weights, "layer3.input_weights.hidden", 48, 100);
    assertXavier(weights, "output.weights", 100, VOCABULARY);
  }

  private static void assertXavier(
      Map<String, INDArray> weights, String name, int inputs, int outputs) {
    assertDistribution(name, weights.get(name), 2.0 / (inputs + outputs), 2);
  }

  @Test
  void biasesAreZeroExceptForgetGates() {
    xavier(1, DataType.DOUBLE)
        .forEach(
            (name, array) -> {
              if (name.endsWith("bias.forget")) {
                assertThat(numbers(array)).as(name).containsOnly(0.7);
              } else if (!isDrawn(name)) {
                assertThat(numbers(array)).as(name).containsOnly(0);
              }
            });
  }

  /** The first draws of java.util.SplittableRandom(1), down the first columns of the layer. */
  @Test
  void aSeedMeansTheSameWeightsAlways() {
    INDArray first = uniform(0.3).get("layer0.input_weights.cell");
    assertThat(first.getDouble(0, 0)).isEqualTo(0.03993694510336854);
    assertThat(first.getDouble(1, 0)).isEqualTo(0.14746905435762067);
    assertThat(first.getDouble(2, 0)).isEqualTo(0.2826016521520777);
    assertThat(first.getDouble(3, 0)).isEqualTo(-0.03338446976653675);
  }

  @Test
  void otherSeedsMeanOtherWeights() {
    String name = "layer2.recurrent_weights.update";
    double[] one = numbers(xavier(1, DataType.DOUBLE).get(name));
    assertThat(numbers(xavier(1, DataType.DOUBLE).get(name))).isEqualTo(one);
    assertThat(numbers(xavier(2, DataType.DOUBLE).get(name))).isNotEqualTo(one);
  }

  @Test
  void singlePrecisionRoundsTheSameWeights() {
    Map<String, INDArray> floats = xavier(1, DataType.FLOAT);
    xavier(1, DataType.DOUBLE)
        .forEach(
            (name, array) -> {
              double[] rounded =
                  Arrays.stream(numbers(array)).map(weight -> (double) (float) weight).toArray();
              assertThat(numbers(floats.get(name))).as(name).isEqualTo(rounded);
            });
  }

  @Test
  void noTwoArraysAreDrawnAlike() {
    List<Double> firsts =
        uniform(0.3).entrySet().stream()
            .filter(entry -> isDrawn(entry.getKey()))
            .map(entry -> numbers(entry.getValue())[0])
            .toList();
    assertThat(firsts).hasSizeGreaterThan(20).doesNotHaveDuplicates();
  }
}
