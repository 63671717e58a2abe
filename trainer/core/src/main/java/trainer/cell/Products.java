package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Matrix products into existing arrays. */
final class Products {
  private Products() {}

  /** c = a · b */
  static void multiply(INDArray a, INDArray b, INDArray c) {
    Nd4j.gemm(a, b, c, false, false, 1, 0);
  }

  /** c += a · b */
  static void addProduct(INDArray a, INDArray b, INDArray c) {
    Nd4j.gemm(a, b, c, false, false, 1, 1);
  }

  /** c = aᵀ · b */
  static void multiplyTransposedLeft(INDArray a, INDArray b, INDArray c) {
    Nd4j.gemm(a, b, c, true, false, 1, 0);
  }

  /** c += a · bᵀ */
  static void addProductTransposedRight(INDArray a, INDArray b, INDArray c) {
    Nd4j.gemm(a, b, c, false, true, 1, 1);
  }
}
