package trainer.engine.cpu;

/**
 * A trained matrix or vector, or the piece of it that one thread owns and updates, row-major on the
 * heap. A column of it lies together in the vector of all parameters.
 */
final class Parameter {
  private final int[] places;
  private final int rows;
  private final int columns;
  private final boolean decays;
  private final float[] values;
  private final float[] gradient;
  private final float[][] moments;

  /**
   * @param rows elements of a column
   * @param places for each column, where in the vector of all parameters it starts
   * @param decays whether weight decay applies
   * @param moments averages that the optimizer keeps
   */
  Parameter(int rows, int[] places, boolean decays, int moments) {
    this.places = places;
    this.rows = rows;
    this.columns = places.length;
    this.decays = decays;
    int size = Math.multiplyExact(rows, columns);
    values = new float[size];
    gradient = new float[size];
    this.moments = new float[moments][size];
  }

  int size() {
    return values.length;
  }

  int rows() {
    return rows;
  }

  boolean decays() {
    return decays;
  }

  float[] values() {
    return values;
  }

  float[] gradient() {
    return gradient;
  }

  /** An average that the optimizer keeps. */
  float[] moment(int index) {
    return moments[index];
  }

  /** Takes {@code array}, one of this parameter's own, out of a vector that starts at an offset. */
  void take(float[] array, float[] vector, int offset) {
    for (int c = 0; c < columns; c++) {
      for (int k = c, at = offset + places[c]; k < array.length; k += columns) {
        array[k] = vector[at++];
      }
    }
  }

  /** Puts {@code array}, one of this parameter's own, into a vector that starts at an offset. */
  void put(float[] array, float[] vector, int offset) {
    for (int c = 0; c < columns; c++) {
      for (int k = c, at = offset + places[c]; k < array.length; k += columns) {
        vector[at++] = array[k];
      }
    }
  }

  /** The sum of the squares of the gradient's elements. */
  double gradientSquares() {
    double sum = 0;
    for (int from = 0; from < gradient.length; from += ElementwiseOps.RANGE) {
      sum +=
          ElementwiseOps.sumOfSquares(
              gradient, from, Math.min(gradient.length, from + ElementwiseOps.RANGE));
    }
    return sum;
  }
}
