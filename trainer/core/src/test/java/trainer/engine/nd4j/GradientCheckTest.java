package trainer.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.RandomText;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.text.Segment;

/**
 * The gradients of the reference engine against central differences of its loss: each array of
 * parameters is moved in a random direction, over three consecutive segments.
 */
class GradientCheckTest {
  private static final int VOCABULARY = 6;
  private static final int LANES = 3;

  /** Step of the difference, whose error is about its square. */
  private static final double STEP = 1e-5;

  private static final double TOLERANCE = 1e-9;

  @ParameterizedTest
  @EnumSource
  void everyGradientIsTheSlopeOfTheLoss(CellType cell) {
    check(Networks.two(cell, 4));
  }

  @Test
  void everyGradientOfAMixedStackWithDropoutIsTheSlopeOfTheLoss() {
    check(Networks.mixed());
  }

  private static void check(Layer... layers) {
    CharacterNetwork network =
        Networks.nd4j(Networks.configuration(LANES, 5, layers), VOCABULARY, DataType.DOUBLE);
    Random random = new Random(5);
    randomize(network.params(), random);
    List<Segment> segments = RandomText.segments(VOCABULARY, LANES, 2, 5, 5, 4);
    for (int i = 0; i < segments.size(); i++) {
      check(network, segments.get(i), i, random);
    }
  }

  private static void check(
      CharacterNetwork network, Segment segment, int iteration, Random random) {
    Engine engine = network.engine();
    CarriedState before = engine.carriedState();
    engine.gradient(segment, iteration);
    CarriedState after = engine.carriedState();
    Map<String, INDArray> gradients =
        NamedParameters.gradients(network).entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().dup()));
    NamedParameters.of(network)
        .forEach(
            (name, parameters) -> {
              INDArray direction = direction(parameters, random);
              INDArray original = parameters.dup();
              double[] losses = new double[2];
              for (int side = 0; side < 2; side++) {
                parameters.assign(original.add(direction.mul(side == 0 ? -STEP : STEP)));
                engine.carriedState(before);
                losses[side] = engine.gradient(segment, iteration).loss();
              }
              parameters.assign(original);
              double slope = (losses[1] - losses[0]) / (2 * STEP);
              double gradient = gradients.get(name).mul(direction).sumNumber().doubleValue();
              assertThat(gradient)
                  .as("%s in segment %d", name, iteration)
                  .isCloseTo(slope, within(TOLERANCE));
            });
    engine.carriedState(after);
  }

  private static void randomize(INDArray vector, Random random) {
    double[] values = random.doubles(vector.length(), -0.8, 0.8).toArray();
    vector.assign(Nd4j.createFromArray(values));
  }

  /** A vector of length 1 with elements of equal magnitude and random sign. */
  private static INDArray direction(INDArray like, Random random) {
    double magnitude = 1 / Math.sqrt((double) like.length());
    double[] values =
        random.ints(like.length(), 0, 2).mapToDouble(bit -> (2 * bit - 1) * magnitude).toArray();
    return Nd4j.createFromArray(values).reshape('c', like.shape());
  }
}
