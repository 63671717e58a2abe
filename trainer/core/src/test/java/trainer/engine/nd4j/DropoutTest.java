package trainer.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Networks;
import trainer.cell.LayerParameters;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.DropoutMask;
import trainer.engine.RandomText;
import trainer.network.CharacterNetwork;

/** The effect of dropout on a layer's outputs, seen in the gradient of the next weights. */
class DropoutTest {
  private static final int SIZE = 40;
  private static final double PROBABILITY = 0.3;

  @Test
  void keptOutputsAreScaledAndOthersAreZero() {
    CharacterNetwork network =
        Networks.nd4j(
            Networks.configuration(1, 1, new Layer(CellType.GRU, SIZE, PROBABILITY)),
            5,
            DataType.DOUBLE);
    int iteration = 9;
    network.engine().gradient(RandomText.segments(5, 1, 1, 1).get(0), iteration);

    double[] outputs = network.engine().carriedState().layers().get(0).hidden();
    LayerParameters.Output gradients = network.outputGradients();
    INDArray slopes = gradients.bias(); // of the loss by the scores, [1, V]
    long key = DropoutMask.key(network.seed(), iteration, 0);
    int kept = 0;
    for (int unit = 0; unit < SIZE; unit++) {
      boolean keep = DropoutMask.keep(key, unit, PROBABILITY);
      kept += keep ? 1 : 0;
      double read = keep ? outputs[unit] / (1 - PROBABILITY) : 0;
      assertThat(gradients.weights().getDouble(unit, 2))
          .as("unit %d", unit)
          .isCloseTo(read * slopes.getDouble(0, 2), within(1e-15));
    }
    assertThat(kept).isBetween(SIZE / 2, SIZE - 1);
  }
}
