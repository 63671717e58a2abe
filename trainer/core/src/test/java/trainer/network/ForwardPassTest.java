package trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.Engine;
import trainer.engine.OneHotText;
import trainer.engine.RandomText;
import trainer.text.Segment;

/** The reference engine's forward pass equals that of Deeplearning4j's layers. */
class ForwardPassTest {
  private static final int VOCABULARY = 9;
  private static final int LANES = 3;
  private static final int STEPS = 11;
  private static final Segment SEGMENT = RandomText.segments(VOCABULARY, LANES, 8, STEPS).get(0);
  private static final INDArray FEATURES =
      OneHotText.dataSet(SEGMENT, VOCABULARY, DataType.DOUBLE).getFeatures();

  static Stream<List<Layer>> stacks() {
    return Stream.concat(
        Arrays.stream(CellType.values()).map(cell -> List.of(Networks.two(cell, 6))),
        Stream.of(List.of(Networks.mixed())));
  }

  private static CharacterNetwork network(List<Layer> layers) {
    CharacterNetwork network =
        Networks.nd4j(
            Networks.configuration(LANES, STEPS, layers.toArray(Layer[]::new)),
            VOCABULARY,
            DataType.DOUBLE);
    network.params().muli(3); // gates far from 0.5
    return network;
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void probabilitiesAreThoseOfTheLayers(List<Layer> layers) {
    CharacterNetwork network = network(layers);
    INDArray output = network.output(FEATURES); // [lanes, vocabulary, steps]
    try (Engine.Session session = network.engine().session(LANES)) {
      for (int t = 0; t < STEPS; t++) {
        int[] characters = Arrays.copyOfRange(SEGMENT.inputs(), t * LANES, (t + 1) * LANES);
        float[] logProbabilities = session.next(characters);
        for (int i = 0; i < logProbabilities.length; i++) {
          double probability = output.getDouble(i / VOCABULARY, i % VOCABULARY, t);
          assertThat(Math.exp(logProbabilities[i]))
              .as("step %d, lane %d, character %d", t, i / VOCABULARY, i % VOCABULARY)
              .isCloseTo(probability, within(1e-6)); // a session returns floats
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void crossEntropiesAreThoseOfTheLayers(List<Layer> layers) {
    CharacterNetwork network = network(layers);
    INDArray output = network.output(FEATURES); // [lanes, vocabulary, steps]
    try (Engine.Session session = network.engine().session(LANES)) {
      for (int t = 0; t < STEPS; t++) {
        Segment step = new Segment(1, LANES);
        double expected = 0;
        for (int lane = 0; lane < LANES; lane++) {
          step.inputs()[lane] = SEGMENT.inputs()[t * LANES + lane];
          step.targets()[lane] = SEGMENT.targets()[t * LANES + lane];
          expected -= Math.log(output.getDouble(lane, step.targets()[lane], t));
        }
        assertThat(session.score(step).nats()).as("step %d", t).isCloseTo(expected, within(1e-10));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void oneStepAtATimeIsTheWholeText(List<Layer> layers) {
    CharacterNetwork network = network(layers);
    double[][] whole = steps(network.output(FEATURES));
    for (int t = 0; t < STEPS; t++) {
      INDArray step = FEATURES.tensorAlongDimension(t, 0, 1).dup(); // [lanes, vocabulary]
      assertThat(network.rnnTimeStep(step).dup('c').data().asDouble())
          .as("step %d", t)
          .containsExactly(whole[t], within(1e-12));
    }
  }

  /** The [lanes, vocabulary] numbers of each step. */
  private static double[][] steps(INDArray output) {
    double[][] steps = new double[STEPS][LANES * VOCABULARY];
    for (int t = 0; t < STEPS; t++) {
      for (int i = 0; i < steps[t].length; i++) {
        steps[t][i] = output.getDouble(i / VOCABULARY, i % VOCABULARY, t);
      }
    }
    return steps;
  }
}
