package trainer.network;

import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.cell.CellLayout;
import trainer.cell.LayerParameters;
import trainer.cell.Views;
import trainer.config.Initializer;
import trainer.config.Layer;
import trainer.config.Model;

/**
 * Draws the initial parameters. {@link SplittableRandom} and {@link StrictMath} make a seed mean
 * the same network on every machine and engine.
 *
 * <p>Fan-in and fan-out are those of one gate's matrix. Peepholes are drawn like recurrent weights.
 * Biases are zero, except the forget gates'.
 */
final class InitialWeights {
  private final Initializer initializer;
  private final SplittableRandom random;

  private InitialWeights(Initializer initializer, long seed) {
    this.initializer = initializer;
    this.random = new SplittableRandom(seed);
  }

  static void draw(CharacterNetwork network, Model model, long seed) {
    InitialWeights weights = new InitialWeights(model.initializer(), seed);
    network.params().assign(0);
    for (int i = 0; i < model.layers().size(); i++) {
      Layer layer = model.layers().get(i);
      weights.draw(network.layerParameters(i), layer, model.forgetGateBias());
    }
    INDArray output = network.outputParameters().weights();
    weights.fill(output, output.rows(), output.columns());
  }

  private void draw(LayerParameters parameters, Layer layer, double forgetGateBias) {
    int inputs = parameters.inputWeights().rows();
    int size = layer.size();
    fill(parameters.inputWeights(), inputs, size);
    fill(parameters.recurrentWeights(), size, size);
    long forget = CellLayout.of(layer.type()).gates().indexOf("forget");
    if (forget >= 0) {
      Views.columns(parameters.bias(), forget * size, (forget + 1) * size).assign(forgetGateBias);
    }
  }

  private void fill(INDArray matrix, int fanIn, int fanOut) {
    double[] values = new double[Math.toIntExact(matrix.length())];
    for (int i = 0; i < values.length; i++) {
      values[i] = next(fanIn, fanOut);
    }
    matrix.assign(
        Nd4j.createFromArray(values).castTo(matrix.dataType()).reshape('f', matrix.shape()));
  }

  private double next(int fanIn, int fanOut) {
    if (initializer instanceof Initializer.Uniform uniform) {
      return uniform.range() * (2 * random.nextDouble() - 1);
    }
    return StrictMath.sqrt(2.0 / (fanIn + fanOut)) * nextGaussian();
  }

  /** Box and Muller, 1958. */
  private double nextGaussian() {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
    return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
  }
}
