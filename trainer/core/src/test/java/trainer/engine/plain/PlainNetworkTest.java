package trainer.engine.plain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.RandomText;
import trainer.text.Segment;

/** The reference network, against finite differences of its loss. */
class PlainNetworkTest {

  @ParameterizedTest
  @EnumSource
  void gradientIsTheDerivativeOfTheLossGivenTheCarriedState(CellType type) {
    PlainNetwork network =
        new PlainNetwork(4, List.of(new Layer(type, 3, 0.3), new Layer(type, 2, 0.2)), 2, 7);
    Random random = new Random(3);
    for (int i = 0; i < network.parameters.length; i++) {
      network.parameters[i] = random.nextDouble() - 0.5;
    }
    List<Segment> text = RandomText.segments(4, 2, 3, 3, 5);
    Segment first = text.get(0);
    Segment second = text.get(1);
    network.gradient(first, 0, true);
    CarriedState carried = network.state;
    network.gradient(second, 1, true);
    double[] gradient = network.gradient.clone();
    double step = 1e-5;
    for (int i = 0; i < gradient.length; i++) {
      double value = network.parameters[i];
      network.parameters[i] = value + step;
      network.state = carried;
      double above = network.gradient(second, 1, true);
      network.parameters[i] = value - step;
      network.state = carried;
      double below = network.gradient(second, 1, true);
      network.parameters[i] = value;
      // A central difference is off by step² and by rounding, 1e-16 / step: both about 1e-11.
      assertThat((above - below) / (2 * step))
          .as("parameter %d", i)
          .isCloseTo(gradient[i], within(1e-9));
    }
  }
}
