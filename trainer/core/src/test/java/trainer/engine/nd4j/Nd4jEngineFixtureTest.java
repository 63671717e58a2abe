package trainer.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.CellFixture;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;

/** The reference engine in double precision against automatic differentiation. */
class Nd4jEngineFixtureTest {
  /** The fixtures are printed with 12 significant digits. */
  private static final double RELATIVE = 1e-9;

  private static final double ABSOLUTE = 1e-12;

  @ParameterizedTest
  @EnumSource
  void lossesGradientsAndCarriedStateOfThreeSegmentsAreExact(CellType cell) {
    CellFixture fixture = CellFixture.of(cell);
    CharacterNetwork network = fixture.network(DataType.DOUBLE, Nd4jEngine::new);
    for (int i = 0; i < fixture.segments().size(); i++) {
      JsonNode expected = fixture.segments().get(i);
      Engine.Step step = network.engine().gradient(fixture.segment(i), i);
      assertClose("loss", new double[] {step.loss()}, expected.get("loss"));
      assertAllClose(NamedParameters.gradients(network), expected.get("gradients"));
      assertStateClose(network.engine().carriedState().layers(), expected.get("final_state"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void sixTrainingStepsAreExact(CellType cell) {
    CellFixture fixture = CellFixture.of(cell);
    CharacterNetwork network = fixture.network(DataType.DOUBLE, Nd4jEngine::new);
    JsonNode expected = fixture.training();
    int segments = fixture.segments().size();
    for (int i = 0; i < expected.get("losses").size(); i++) {
      if (i % segments == 0) {
        network.engine().clearState();
      }
      Engine.Step step = network.fit(fixture.segment(i % segments));
      assertClose("loss " + i, new double[] {step.loss()}, expected.get("losses").get(i));
      assertClose(
          "norm " + i,
          new double[] {step.gradientNorm()},
          expected.get("gradient_norms_before_clipping").get(i));
    }
    assertAllClose(NamedParameters.of(network), expected.get("final_parameters"));
  }

  private static void assertAllClose(Map<String, INDArray> actual, JsonNode expected) {
    assertThat(actual.keySet()).hasSameElementsAs(() -> expected.fieldNames());
    actual.forEach(
        (name, array) -> assertClose(name, array.dup('c').data().asDouble(), expected.get(name)));
  }

  private static void assertStateClose(List<LayerState> actual, JsonNode expected) {
    for (int layer = 0; layer < actual.size(); layer++) {
      LayerState state = actual.get(layer);
      assertClose("h of layer " + layer, state.hidden(), expected.get(layer).get(0));
      if (state.cell() != null) {
        assertClose("c of layer " + layer, state.cell(), expected.get(layer).get(1));
      }
    }
  }

  private static void assertClose(String name, double[] actual, JsonNode expected) {
    double[] numbers = CellFixture.numbers(expected);
    assertThat(actual).as(name).hasSameSizeAs(numbers);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i])
          .as("%s[%d]", name, i)
          .isCloseTo(numbers[i], within(ABSOLUTE + RELATIVE * Math.abs(numbers[i])));
    }
  }
}
