package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;
import trainer.config.Training;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.CellFixture;
import trainer.engine.Engine;

/** Losses, gradients and training steps against float64 automatic differentiation. */
class CpuNetworkFixtureTest {
  private static NetworkShape shape(CellFixture fixture) {
    return new NetworkShape(fixture.vocabulary(), fixture.configuration().model().layers());
  }

  private static CpuNetwork network(CellFixture fixture, int threads) {
    Training training = fixture.configuration().training();
    CpuNetwork network =
        new CpuNetwork(
            shape(fixture),
            new CpuNetwork.Settings(
                training.optimizer(),
                training.gradientClipping(),
                1,
                threads,
                0,
                Precision.FLOAT32));
    network.writeParameters(vector(fixture, fixture.parameters()));
    return network;
  }

  private static float[] vector(CellFixture fixture, JsonNode arrays) {
    return FixtureVector.of(shape(fixture), fixture.cell(), arrays);
  }

  static Stream<Arguments> cellsAndThreads() {
    return Stream.of(CellType.values())
        .flatMap(cell -> IntStream.rangeClosed(1, 4).mapToObj(n -> Arguments.of(cell, n)));
  }

  @ParameterizedTest
  @MethodSource("cellsAndThreads")
  void gradientsOfThreeCarriedSegmentsAreThoseOfAutomaticDifferentiation(
      CellType cell, int threads) {
    CellFixture fixture = CellFixture.of(cell);
    try (CpuNetwork network = network(fixture, threads)) {
      float[] gradient = new float[shape(fixture).parameters()];
      for (int i = 0; i < fixture.segments().size(); i++) {
        JsonNode expected = fixture.segments().get(i);
        Engine.Step step = network.gradient(fixture.segment(i), i);
        assertThat(step.loss()).isCloseTo(expected.get("loss").asDouble(), within(5e-7));
        network.readGradient(gradient);
        Tolerance.GRADIENT.check(gradient, vector(fixture, expected.get("gradients")));
        List<LayerState> layers = network.carriedState().layers();
        for (int l = 0; l < layers.size(); l++) {
          JsonNode state = expected.get("final_state").get(l);
          Tolerance.STATE.check(layers.get(l).hidden(), CellFixture.numbers(state.get(0)));
          if (layers.get(l).cell() != null) {
            Tolerance.STATE.check(layers.get(l).cell(), CellFixture.numbers(state.get(1)));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cellsAndThreads")
  void trainingFollowsTheSameLossesToTheSameParameters(CellType cell, int threads) {
    CellFixture fixture = CellFixture.of(cell);
    JsonNode training = fixture.training();
    try (CpuNetwork network = network(fixture, threads)) {
      int segments = fixture.segments().size();
      for (int i = 0; i < training.get("losses").size(); i++) {
        if (i % segments == 0) {
          network.clearState();
        }
        Engine.Step step = network.train(fixture.segment(i % segments), 0.01, i);
        assertThat(step.loss()).isCloseTo(training.get("losses").get(i).asDouble(), within(1e-6));
        assertThat(step.gradientNorm())
            .isCloseTo(
                training.get("gradient_norms_before_clipping").get(i).asDouble(), within(1e-6));
      }
      float[] parameters = new float[shape(fixture).parameters()];
      network.readParameters(parameters);
      Tolerance.TRAINED.check(parameters, vector(fixture, training.get("final_parameters")));
    }
  }
}
