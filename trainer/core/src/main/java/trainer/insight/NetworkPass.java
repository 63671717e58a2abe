package trainer.insight;

import java.util.ArrayList;
import java.util.List;

/** All layers of a network over some steps of B lanes in float64. */
final class NetworkPass {
  final NetworkWeights weights;
  final List<LayerPass> layers = new ArrayList<>();

  private final int lanes;

  NetworkPass(NetworkWeights weights, int steps, int lanes) {
    this.weights = weights;
    this.lanes = lanes;
    for (LayerWeights layer : weights.layers()) {
      layers.add(new LayerPass(layer, steps, lanes, layers.isEmpty()));
    }
  }

  LayerPass top() {
    return layers.get(layers.size() - 1);
  }

  /**
   * Reads characters from the state before the first step.
   *
   * @param characters [steps · B]
   */
  void forward(int... characters) {
    int steps = characters.length / lanes;
    LayerPass below = null;
    for (LayerPass layer : layers) {
      if (below == null) {
        layer.readCharacters(characters);
      } else {
        layer.readLayer(below, steps);
      }
      layer.forward(steps);
      below = layer;
    }
  }

  /**
   * Sets the gradient of the loss by the state after the last step: each lane's own loss, in nats,
   * at the character that follows.
   *
   * @param steps that the layers hold
   * @param targets the next character of each lane, [B]
   */
  void startBackward(int steps, int... targets) {
    layers.forEach(LayerPass::startBackward);
    double[][] scores = new double[lanes][weights.vocabulary()];
    NetworkWeights.addProduct(top().hidden, steps * lanes, weights.output(), scores, 0, lanes);
    for (int lane = 0; lane < lanes; lane++) {
      softmax(scores[lane], weights.outputBias());
      scores[lane][targets[lane]] -= 1;
    }
    NetworkWeights.addProduct(
        scores, 0, weights.outputTransposed(), top().hiddenGradient, 0, lanes);
  }

  /** Goes back over one step in all layers. */
  void backward(int t) {
    double[][] above = null;
    for (int l = layers.size() - 1; l >= 0; l--) {
      layers.get(l).backward(t, above);
      above = layers.get(l).inputGradient;
    }
  }

  private static void softmax(double[] scores, double... bias) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < bias.length; k++) {
      scores[k] += bias[k];
      largest = Math.max(largest, scores[k]);
    }
    double sum = 0;
    for (int k = 0; k < bias.length; k++) {
      scores[k] = Math.exp(scores[k] - largest);
      sum += scores[k];
    }
    for (int k = 0; k < bias.length; k++) {
      scores[k] /= sum;
    }
  }

  /** Makes the state after {@code steps} the one before the first step. */
  void carry(int steps) {
    layers.forEach(layer -> layer.carry(steps));
  }
}
