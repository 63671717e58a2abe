package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One gate of a layer: its weights, its values over a segment and their gradients. Weights and
 * weight gradients are views into the layer's arrays.
 */
final class Gate {
  private final INDArray inputWeights; // W: [in, H]
  private final INDArray recurrentWeights; // R: [H, H]
  private final INDArray rowMajorRecurrentWeights; // a copy: halves the time of small products
  private final INDArray bias; // b: [1, H]
  private final INDArray inputWeightGradient; // [in, H]
  private final INDArray recurrentWeightGradient; // [H, H]
  private final INDArray biasGradient; // [1, H]

  /** The pre-activation, then the activation. */
  final Sequence value;

  /** Gradient of the loss by the pre-activation; null in a forward-only pass. */
  final Sequence delta;

  /**
   * @param column index of the gate among the layer's gates
   * @param gradients receives the gradients, or null for a forward-only pass
   */
  Gate(LayerParameters weights, LayerParameters gradients, int column, CellShape shape) {
    int size = shape.size();
    inputWeights = block(weights.inputWeights(), column, size);
    recurrentWeights = block(weights.recurrentWeights(), column, size);
    rowMajorRecurrentWeights = recurrentWeights.dup('c');
    bias = block(weights.bias(), column, size);
    value = shape.sequence();
    boolean training = gradients != null;
    inputWeightGradient = training ? block(gradients.inputWeights(), column, size) : null;
    recurrentWeightGradient = training ? block(gradients.recurrentWeights(), column, size) : null;
    biasGradient = training ? block(gradients.bias(), column, size) : null;
    delta = training ? shape.sequence() : null;
  }

  private static INDArray block(INDArray matrix, int column, int size) {
    return Views.columns(matrix, (long) column * size, (column + 1L) * size);
  }

  /**
   * value = x · W + b, for all steps at once. Call this first in a segment: it also copies the
   * current recurrent weights.
   */
  void readInput(LayerInput x) {
    rowMajorRecurrentWeights.assign(recurrentWeights);
    Products.multiply(x.x(), inputWeights, value.all());
    RowOps.addRow(value.all(), bias);
  }

  /** value[t] += h[t-1] · R */
  void addRecurrence(INDArray previousHidden, int t) {
    Products.addProduct(previousHidden, rowMajorRecurrentWeights, value.at()[t]);
  }

  /** product = h[t-1] · R, for a gate that does not just add it */
  void recurrence(INDArray previousHidden, INDArray product) {
    Products.multiply(previousHidden, rowMajorRecurrentWeights, product);
  }

  /** gradient of h[t-1] += recurrentDelta · Rᵀ */
  void addHiddenGradient(INDArray recurrentDelta, INDArray hiddenGradient) {
    Products.addProductTransposedRight(recurrentDelta, rowMajorRecurrentWeights, hiddenGradient);
  }

  /**
   * The gradients of W, b and R, for all steps at once.
   *
   * @param previousHidden h[t-1] of every step, [T·B, H]
   * @param recurrentDelta gradient by h[t-1] · R, [T·B, H]: the gate's delta if the product is only
   *     added
   */
  void weightGradients(LayerInput x, INDArray previousHidden, Sequence recurrentDelta) {
    Products.multiplyTransposedLeft(x.x(), delta.all(), inputWeightGradient);
    biasGradient.assign(RowOps.sumOverRows(delta.all()));
    Products.multiplyTransposedLeft(previousHidden, recurrentDelta.all(), recurrentWeightGradient);
  }

  /** gradient of x += delta · Wᵀ, for all steps at once */
  void addInputGradient(INDArray inputGradient) {
    Products.addProductTransposedRight(delta.all(), inputWeights, inputGradient);
  }
}
