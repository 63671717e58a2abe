package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The output layer: a probability per character of the vocabulary, and the cross-entropy of the
 * targets.
 */
public final class SoftmaxOutput {
  private final LayerParameters.Output weights;
  private final LayerParameters.Output gradients;

  /**
   * @param gradients receives the gradients of {@link #backward}; null for a forward-only pass
   */
  public SoftmaxOutput(LayerParameters.Output weights, LayerParameters.Output gradients) {
    this.weights = weights;
    this.gradients = gradients;
  }

  /** log softmax(h W + b); hidden: [T·B, H], result: [T·B, V]. */
  public INDArray logProbabilities(INDArray hidden) {
    INDArray scores = Nd4j.create(hidden.dataType(), hidden.rows(), weights.weights().columns());
    Products.multiply(hidden, weights.weights(), scores);
    RowOps.addRow(scores, weights.bias());
    RowOps.subtractColumn(scores, RowOps.maxOfRows(scores));
    INDArray sums = RowOps.sumOfRows(Transforms.exp(scores, true));
    RowOps.subtractColumn(scores, Transforms.log(sums, false));
    return scores;
  }

  /** The summed cross-entropy of the targets, nats; targets: [T·B], -1: not scored. */
  public static double crossEntropy(INDArray logProbabilities, int[] targets) {
    double nats = 0;
    for (int row = 0; row < targets.length; row++) {
      if (targets[row] >= 0) {
        nats -= logProbabilities.getDouble(row, targets[row]);
      }
    }
    return nats;
  }

  /**
   * Gradients of the mean cross-entropy.
   *
   * @param logProbabilities [T·B, V], overwritten
   * @param hidden the layer's input, [T·B, H]
   * @param hiddenGradient receives the gradient by {@code hidden}, [T·B, H]
   */
  public void backward(
      INDArray logProbabilities, int[] targets, INDArray hidden, INDArray hiddenGradient) {
    INDArray delta = logProbabilities; // (softmax - one-hot target) / characters
    Nd4j.getExecutioner().exec(new Exp(logProbabilities, delta));
    for (int row = 0; row < targets.length; row++) {
      delta.putScalar(row, targets[row], delta.getDouble(row, targets[row]) - 1);
    }
    delta.divi(targets.length);
    Products.multiplyTransposedLeft(hidden, delta, gradients.weights());
    gradients.bias().assign(RowOps.sumOverRows(delta));
    hiddenGradient.assign(0);
    Products.addProductTransposedRight(delta, weights.weights(), hiddenGradient);
  }
}
