package trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.engine.CarriedState.LayerState;

/**
 * Compares numbers with exact ones.
 *
 * @param tolerance the largest error allowed, relative to the largest number of an array
 * @param rounding that of a single operation
 */
record Comparison(double tolerance, double rounding) {

  void assertClose(String name, double actual, double expected) {
    assertClose(name, new double[] {actual}, new double[] {expected});
  }

  void assertClose(String name, double[] actual, double[] expected) {
    assertClose(name, actual, expected, 0);
  }

  /**
   * Compares gradients. A layer's gradient is a difference of numbers as large as those of other
   * layers, so one rounding error of the largest gradient is allowed in addition.
   */
  void assertClose(Map<String, INDArray> actual, Map<String, INDArray> expected) {
    double largest =
        expected.values().stream()
            .mapToDouble(array -> largest(numbers(array)))
            .max()
            .orElseThrow();
    expected.forEach(
        (name, array) ->
            assertClose(name, numbers(actual.get(name)), numbers(array), rounding * largest));
  }

  private void assertClose(String name, double[] actual, double[] expected, double absolute) {
    double largest = largest(expected);
    assertThat(actual).as(name).hasSameSizeAs(expected);
    int worst = 0;
    for (int i = 0; i < expected.length && !Double.isNaN(actual[worst]); i++) {
      if (Double.isNaN(actual[i])
          || Math.abs(actual[i] - expected[i]) > Math.abs(actual[worst] - expected[worst])) {
        worst = i;
      }
    }
    assertThat(actual[worst])
        .as("%s[%d], the largest being %s", name, worst, largest)
        .isCloseTo(expected[worst], within(absolute + tolerance * largest));
  }

  private static double largest(double[] numbers) {
    return Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
  }

  /** Compares states. Their values are about 1, and errors are relative to that. */
  void assertClose(CarriedState actual, CarriedState expected) {
    assertThat(actual.layers()).hasSameSizeAs(expected.layers());
    for (int layer = 0; layer < expected.layers().size(); layer++) {
      LayerState found = actual.layers().get(layer);
      LayerState right = expected.layers().get(layer);
      assertClose("h of layer " + layer, found.hidden(), right.hidden(), rounding);
      assertThat(found.cell() == null).isEqualTo(right.cell() == null);
      if (right.cell() != null) {
        assertClose("c of layer " + layer, found.cell(), right.cell(), rounding);
      }
    }
  }

  /** The numbers of an array, row-major. */
  static double[] numbers(INDArray array) {
    return array.dup('c').castTo(DataType.DOUBLE).data().asDouble();
  }
}
