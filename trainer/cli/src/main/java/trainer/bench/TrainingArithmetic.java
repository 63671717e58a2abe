package trainer.bench;

import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.config.Model;

/**
 * The floating-point operations of the matrix products in one training iteration. With T steps, B
 * lanes, V characters in the vocabulary, and a layer l of H units, I inputs and G gates:
 *
 * <pre>
 * forward(l)      = 2 · T · B · G · H · (I + H)     G: LSTM 4, GRU 3, simple RNN 1
 * forward(output) = 2 · T · B · H · V               H of the last layer
 * iteration       = 3 · (sum of all forward)        backward: 2 products per forward one
 * </pre>
 *
 * <p>I is 0 for the first layer: its product with one-hot characters is a row lookup. Biases,
 * peepholes, gate functions, softmax, clipping and the update are not counted, so their cost lowers
 * the share of the sgemm peak.
 *
 * @param vocabulary V
 * @param lanes B
 * @param steps T
 */
public record TrainingArithmetic(Model model, int vocabulary, int lanes, int steps) {
  private static final int MULTIPLY_AND_ADD = 2;
  private static final int FORWARD_AND_BACKWARD = 3;

  /** Floating-point operations per iteration. */
  double operations() {
    double products = 0; // multiplications per character, forward
    int inputs = 0;
    for (Layer layer : model.layers()) {
      double size = layer.size();
      products += CellLayout.of(layer.type()).gates().size() * size * (inputs + size);
      inputs = layer.size();
    }
    products += (double) inputs * vocabulary;
    return FORWARD_AND_BACKWARD * MULTIPLY_AND_ADD * products * lanes * steps;
  }
}
