package trainer.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Configurations;
import trainer.Networks;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.CellFixture;
import trainer.engine.Engine;
import trainer.engine.RandomText;
import trainer.engine.cpu.CpuEngine;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.text.Segment;

/** The engine behind a Deeplearning4j network, on the emulated GPU. */
@Tag("slow")
class CudaEngineTest {
  private static final int VOCABULARY = 17;
  private static final int LANES = 3;
  private static final List<Segment> TEXT =
      RandomText.segments(VOCABULARY, LANES, 4, 9, 9, 9, 9, 9, 9);

  private static CudaEngine cuda(CharacterNetwork network) {
    return new CudaEngine(network, EmulatedCuda.device(Precision.FLOAT32));
  }

  private static CharacterNetwork network(
      Optimizer optimizer, DataType type, Function<CharacterNetwork, Engine> engine) {
    return new CharacterNetwork(
        Configurations.of(
            List.of(Networks.mixed()), LANES, 9, optimizer, new GradientClipping.Norm(0.1)),
        VOCABULARY,
        type,
        engine);
  }

  /** CPU, GPU, CPU, and the reverse, against one engine throughout. */
  @ParameterizedTest
  @MethodSource("trainer.Networks#optimizers")
  void aRunMovesBetweenProcessorAndGpuAtAnyCheckpoint(Optimizer optimizer) {
    try (CharacterNetwork whole = network(optimizer, DataType.FLOAT, n -> new CpuEngine(n, 1))) {
      INDArray start = whole.params().dup();
      TEXT.forEach(whole::fit);
      double[] expected = whole.params().data().asDouble();
      assertMoves(start, expected, optimizer, n -> new CpuEngine(n, 1), CudaEngineTest::cuda);
      assertMoves(start, expected, optimizer, CudaEngineTest::cuda, n -> new CpuEngine(n, 1));
    }
  }

  private static void assertMoves(
      INDArray start,
      double[] expected,
      Optimizer optimizer,
      Function<CharacterNetwork, Engine> one,
      Function<CharacterNetwork, Engine> other) {
    try (CharacterNetwork first = network(optimizer, DataType.FLOAT, one);
        CharacterNetwork second = network(optimizer, DataType.FLOAT, other);
        CharacterNetwork third = network(optimizer, DataType.FLOAT, one)) {
      first.setParams(start);
      TEXT.subList(0, 2).forEach(first::fit);
      moveOn(first, second);
      TEXT.subList(2, 4).forEach(second::fit);
      moveOn(second, third);
      TEXT.subList(4, 6).forEach(third::fit);
      double[] found = third.params().data().asDouble();
      for (int i = 0; i < expected.length; i++) {
        assertThat(found[i]).as("parameter %d", i).isCloseTo(expected[i], within(1e-6));
      }
    }
  }

  private static void moveOn(CharacterNetwork from, CharacterNetwork to) {
    to.setParams(from.params());
    if (from.updaterState() != null) {
      to.setUpdaterState(from.updaterState());
    }
    to.getLayerWiseConfigurations().setIterationCount(from.getIterationCount());
    to.engine().carriedState(from.engine().carriedState());
  }

  @ParameterizedTest
  @EnumSource
  void lossesGradientsAndStatesOfThreeSegmentsAreThoseOfAutomaticDifferentiation(CellType cell) {
    CellFixture fixture = CellFixture.of(cell);
    try (CharacterNetwork network = fixture.network(DataType.FLOAT, CudaEngineTest::cuda)) {
      for (int i = 0; i < fixture.segments().size(); i++) {
        JsonNode expected = fixture.segments().get(i);
        Engine.Step step = network.engine().gradient(fixture.segment(i), i);
        assertClose("loss", new double[] {step.loss()}, expected.get("loss"));
        NamedParameters.gradients(network)
            .forEach(
                (name, array) ->
                    assertClose(name, numbers(array), expected.get("gradients").get(name)));
        List<LayerState> states = network.engine().carriedState().layers();
        for (int l = 0; l < states.size(); l++) {
          JsonNode state = expected.get("final_state").get(l);
          assertClose("h", states.get(l).hidden(), state.get(0));
          if (states.get(l).cell() != null) {
            assertClose("c", states.get(l).cell(), state.get(1));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void sixTrainingStepsGoWhereAutomaticDifferentiationGoes(CellType cell) {
    CellFixture fixture = CellFixture.of(cell);
    JsonNode expected = fixture.training();
    try (CharacterNetwork network = fixture.network(DataType.FLOAT, CudaEngineTest::cuda)) {
      int segments = fixture.segments().size();
      for (int i = 0; i < expected.get("losses").size(); i++) {
        if (i % segments == 0) {
          network.engine().clearState();
        }
        Engine.Step step = network.fit(fixture.segment(i % segments));
        assertClose("loss", new double[] {step.loss()}, expected.get("losses").get(i));
      }
      for (Map.Entry<String, INDArray> found : NamedParameters.of(network).entrySet()) {
        assertClose(
            found.getKey(),
            numbers(found.getValue()),
            expected.get("final_parameters").get(found.getKey()));
      }
    }
  }

  private static double[] numbers(INDArray array) {
    return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
  }

  /** Sums of tens of products of numbers up to about 1. */
  private static void assertClose(String name, double[] found, JsonNode expected) {
    double[] exact = CellFixture.numbers(expected);
    assertThat(found).as(name).hasSameSizeAs(exact);
    for (int i = 0; i < exact.length; i++) {
      assertThat(found[i]).as("%s[%d]", name, i).isCloseTo(exact[i], within(2e-6));
    }
  }

  static Stream<Arguments> precisions() {
    return Stream.of(
        Arguments.of(Precision.FLOAT32, 1e-5, 1e-4),
        Arguments.of(Precision.TF32, 2e-3, 5e-3),
        Arguments.of(Precision.BFLOAT16, 2e-2, 5e-2));
  }

  /**
   * Relative L2 errors of states and gradients: those stated in docs/cuda.md for each precision.
   */
  @ParameterizedTest
  @MethodSource("precisions")
  void errorsAreWithinThePrecision(Precision precision, double forward, double backward) {
    Layer[] layers = {
      new Layer(CellType.LSTM, 33, 0), new Layer(CellType.GRU, 33, 0),
    };
    Configuration configuration = Networks.xavier(Networks.configuration(8, 17, layers));
    Segment segment = RandomText.segments(33, 8, 1, 17).get(0);
    try (CharacterNetwork network =
            new CharacterNetwork(
                configuration,
                33,
                DataType.FLOAT,
                n -> new CudaEngine(n, EmulatedCuda.device(precision)));
        CharacterNetwork exact = Networks.nd4j(configuration, 33, DataType.DOUBLE)) {
      exact.setParams(network.params().castTo(DataType.DOUBLE));
      network.engine().gradient(segment, 0);
      exact.engine().gradient(segment, 0);
      double states = 0;
      for (int l = 0; l < layers.length; l++) {
        states =
            Math.max(
                states,
                relativeError(
                    network.engine().carriedState().layers().get(l).hidden(),
                    exact.engine().carriedState().layers().get(l).hidden()));
      }
      double gradients =
          relativeError(
              numbers(network.getFlattenedGradients()), numbers(exact.getFlattenedGradients()));
      assertThat(states).as("states").isLessThan(forward);
      assertThat(gradients).as("gradients").isLessThan(backward);
      if (precision != Precision.FLOAT32) { // or it would be another precision
        assertThat(states).as("states").isGreaterThan(forward / 100);
        assertThat(gradients).as("gradients").isGreaterThan(backward / 100);
      }
    }
  }

  private static double relativeError(double[] found, double[] exact) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < exact.length; i++) {
      error += (found[i] - exact[i]) * (found[i] - exact[i]);
      size += exact[i] * exact[i];
    }
    return Math.sqrt(error / size);
  }

  @Test
  void measuresItsPeakDuringTraining() {
    try (CharacterNetwork network =
        network(new Optimizer.Sgd(0.1, 0), DataType.FLOAT, CudaEngineTest::cuda)) {
      network.fit(TEXT.get(0));
      INDArray before = network.params().dup();
      assertThat(network.engine().productPeak(64).orElseThrow()).isBetween(1e6, 1e12);
      assertThat(network.params()).isEqualTo(before);
    }
  }

  @Test
  void describesItsLibrariesAndDevice() {
    try (CharacterNetwork network =
        network(new Optimizer.Sgd(0.1, 0), DataType.FLOAT, CudaEngineTest::cuda)) {
      assertThat(network.engine().description())
          .isEqualTo("cuda (Emulated GPU 0, compute capability 9.0, CUDA 13.0, float32)");
      assertThat(network.engine().gpu()).contains("Emulated GPU 0");
    }
  }
}
