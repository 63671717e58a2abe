package trainer.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.config.Layer;
import trainer.config.Layer.CellType;

/** The characters in two dimensions. */
final class CharacterMapTest {
  private static final int VOCABULARY = 9;

  @Test
  void theTwoDimensionsHaveTheLargestVariances() {
    Reference reference = new Reference(VOCABULARY, new Layer(CellType.LSTM, 3, 0));
    LayerWeights layer = reference.weights.layers().get(0);
    INDArray rows = Nd4j.createFromArray(layer.input());
    rows.subiRowVector(rows.mean(0));
    double[] variances = variances(rows);

    CharacterMap map = CharacterMap.of(reference.weights);

    double total = Arrays.stream(variances).sum();
    assertThat(square(map.x())).isCloseTo(variances[0], within(1e-6 * total));
    assertThat(square(map.y())).isCloseTo(variances[1], within(1e-6 * total));
    assertThat(map.explained()).isCloseTo((variances[0] + variances[1]) / total, within(1e-6));
  }

  /** Eigenvalues of the Gram matrix, largest first. */
  private static double[] variances(INDArray rows) {
    INDArray gram = rows.mmul(rows.transpose());
    return new EigenDecomposition(new Array2DRowRealMatrix(gram.toDoubleMatrix()))
        .getRealEigenvalues();
  }

  private static double square(double... values) {
    return Arrays.stream(values).map(value -> value * value).sum();
  }

  @Test
  void charactersThatAreReadAlikeLieTogether() {
    Reference reference = new Reference(VOCABULARY, new Layer(CellType.GRU, 4, 0));
    LayerWeights layer = reference.weights.layers().get(0);
    layer.input()[5] = layer.input()[0].clone();

    CharacterMap map = CharacterMap.of(reference.weights);

    assertThat(map.x()[5]).isCloseTo(map.x()[0], within(1e-9));
    assertThat(map.y()[5]).isCloseTo(map.y()[0], within(1e-9));
  }
}
