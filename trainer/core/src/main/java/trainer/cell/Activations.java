package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;

/** Activation functions in place, and their slopes from the activations. */
final class Activations {
  private Activations() {}

  static void sigmoid(INDArray x) {
    Nd4j.getExecutioner().exec(new Sigmoid(x, x));
  }

  static void tanh(INDArray x, INDArray result) {
    Nd4j.getExecutioner().exec(new Tanh(x, result));
  }

  /** slope = y (1 - y), the derivative of the sigmoid whose value is y */
  static void sigmoidSlope(INDArray y, INDArray slope) {
    y.rsubi(1, slope).muli(y);
  }

  /** slope = 1 - y², the derivative of the tanh whose value is y */
  static void tanhSlope(INDArray y, INDArray slope) {
    y.muli(y, slope).rsubi(1);
  }
}
