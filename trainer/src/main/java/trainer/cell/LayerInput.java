package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a layer reads in one segment. */
public sealed interface LayerInput {

  /** product = x · weights; x: [T·B, in], weights: [in, H], product: [T·B, H] */
  void multiply(INDArray weights, INDArray product);

  /** gradient = xᵀ · delta; delta: [T·B, H], gradient: [in, H] */
  void weightGradient(INDArray delta, INDArray gradient);

  /** Outputs of the layer below, x: [T·B, in]. */
  record Values(INDArray x) implements LayerInput {
    @Override
    public void multiply(INDArray weights, INDArray product) {
      Products.multiply(x, weights, product);
    }

    @Override
    public void weightGradient(INDArray delta, INDArray gradient) {
      Products.multiplyTransposedLeft(x, delta, gradient);
    }
  }

  /**
   * Characters, each standing for its one-hot vector, which only the gradient needs written out.
   */
  final class Characters implements LayerInput {
    private final int[] indices; // [T·B]
    private INDArray oneHot; // [T·B, vocabulary]

    /**
     * @param indices [T·B]
     */
    public Characters(int[] indices) {
      this.indices = indices;
    }

    /** Row k of the weights is the product of the one-hot vector of character k with them. */
    @Override
    public void multiply(INDArray weights, INDArray product) {
      product.assign(Nd4j.pullRows(weights, 1, indices));
    }

    @Override
    public void weightGradient(INDArray delta, INDArray gradient) {
      if (oneHot == null) {
        oneHot = Nd4j.zeros(delta.dataType(), indices.length, gradient.rows());
        for (int row = 0; row < indices.length; row++) {
          oneHot.putScalar(row, indices[row], 1);
        }
      }
      Products.multiplyTransposedLeft(oneHot, delta, gradient);
    }
  }
}
