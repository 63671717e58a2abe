package trainer.cell;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Input of a layer for one segment.
 *
 * @param x [T·B, in]
 */
public record LayerInput(INDArray x) {

  /** Characters as one-hot vectors; characters: [T·B]. */
  public static LayerInput oneHot(DataType type, int[] characters, int vocabulary) {
    INDArray x = Nd4j.zeros(type, characters.length, vocabulary);
    for (int row = 0; row < characters.length; row++) {
      x.putScalar(row, characters[row], 1);
    }
    return new LayerInput(x);
  }
}
