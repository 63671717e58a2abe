package trainer.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.config.GradientClipping;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.config.Optimizer;
import trainer.engine.Engine;
import trainer.text.Segment;

/** Losses, gradients and training steps against float64 automatic differentiation. */
class CpuNetworkFixtureTest {
  private static final JsonNode ROOT = read();
  private static final int V = ROOT.get("vocabulary").asInt();
  private static final int H = ROOT.get("hidden").asInt();
  private static final int B = ROOT.get("batch").asInt();
  private static final int T = ROOT.get("sequence_length").asInt();

  private static JsonNode read() {
    try (InputStream in =
        CpuNetworkFixtureTest.class.getResourceAsStream("/trainer/cell-fixtures.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static NetworkShape shape(String name) {
    CellType type = CellType.valueOf(name.toUpperCase(Locale.ROOT));
    return new NetworkShape(V, List.of(new Layer(type, H, 0), new Layer(type, H, 0)));
  }

  private static CpuNetwork network(String name, int threads, double clip) {
    return new CpuNetwork(
        shape(name),
        new CpuNetwork.Settings(
            new Optimizer.Adam(0.01, 0.9, 0.999, 1e-8),
            new GradientClipping.Norm(clip),
            1,
            threads));
  }

  private static Segment segment(JsonNode fixture, int index) {
    Segment segment = new Segment(T, B);
    for (int t = 0; t < T; t++) {
      for (int b = 0; b < B; b++) {
        JsonNode text = fixture.get("text").get(b);
        segment.inputs()[t * B + b] = text.get(index * T + t).asInt();
        segment.targets()[t * B + b] = text.get(index * T + t + 1).asInt();
      }
    }
    return segment;
  }

  @ParameterizedTest
  @CsvSource({
    "simple_rnn, 1", "simple_rnn, 2", "simple_rnn, 3", "lstm, 1", "lstm, 2", "lstm, 3",
    "graves_lstm, 1", "graves_lstm, 2", "graves_lstm, 3", "gru, 1", "gru, 2", "gru, 3"
  })
  void gradientsOfThreeCarriedSegmentsAreThoseOfAutomaticDifferentiation(String name, int threads) {
    JsonNode fixture = ROOT.get("cases").get(name);
    float[] vector = FixtureVector.of(shape(name), name, fixture.get("parameters"));
    try (CpuNetwork network = network(name, threads, 0.2)) {
      network.writeParameters(vector);
      float[] gradient = new float[vector.length];
      for (int i = 0; i < 3; i++) {
        JsonNode expected = fixture.get("segments").get(i);
        Engine.Step step = network.gradient(segment(fixture, i), i);
        assertThat(step.loss()).isCloseTo(expected.get("loss").asDouble(), within(5e-7));
        network.readGradient(gradient);
        Tolerance.GRADIENT.check(
            gradient, FixtureVector.of(shape(name), name, expected.get("gradients")));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"simple_rnn, 1", "lstm, 2", "graves_lstm, 2", "gru, 2", "gru, 4"})
  void trainingFollowsTheSameLossesToTheSameParameters(String name, int threads) {
    JsonNode fixture = ROOT.get("cases").get(name);
    JsonNode training = fixture.get("training");
    float[] vector = FixtureVector.of(shape(name), name, fixture.get("parameters"));
    try (CpuNetwork network = network(name, threads, training.get("clip_norm").asDouble())) {
      network.writeParameters(vector);
      for (int i = 0; i < 6; i++) {
        if (i % 3 == 0) {
          network.clearState();
        }
        Engine.Step step = network.train(segment(fixture, i % 3), 0.01, i);
        assertThat(step.loss()).isCloseTo(training.get("losses").get(i).asDouble(), within(2e-6));
        assertThat(step.gradientNorm())
            .isCloseTo(
                training.get("gradient_norms_before_clipping").get(i).asDouble(), within(2e-6));
      }
      network.readParameters(vector);
      Tolerance.TRAINED.check(
          vector, FixtureVector.of(shape(name), name, training.get("final_parameters")));
    }
  }
}
