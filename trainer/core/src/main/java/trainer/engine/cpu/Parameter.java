package trainer.engine.cpu;

/**
 * A matrix or vector of parameters, or one thread's columns of it, row-major on the heap. Its
 * columns are contiguous in the vector of all parameters.
 */
final class Parameter {
  private final int share;
  private final int[] places;
  private final int rows;
  private final int columns;
  private final boolean decays;
  private final float[] values;
  private final float[] gradient;
  private final float[][] moments;

  /**
   * @param share of the slice with this index; -1: every slice has some of the rows
   * @param rows elements of a column
   * @param places offset of each column in the vector of all parameters
   * @param decays whether weight decay applies
   * @param moments number of optimizer averages
   */
  Parameter(int share, int rows, int[] places, boolean decays, int moments) {
    this.share = share;
    this.places = places;
    this.rows = rows;
    this.columns = places.length;
    this.decays = decays;
    int size = Math.multiplyExact(rows, columns);
    values = new float[size];
    gradient = new float[size];
    this.moments = new float[moments][size];
  }

  private Parameter(Parameter shared) {
    share = shared.share;
    places = shared.places;
    rows = shared.rows;
    columns = shared.columns;
    decays = shared.decays;
    values = shared.values;
    moments = shared.moments;
    gradient = new float[values.length];
  }

  /** The same parameters with a gradient of their own. */
  Parameter withOwnGradient() {
    return new Parameter(this);
  }

  int size() {
    return values.length;
  }

  int columns() {
    return columns;
  }

  int rows() {
    return rows;
  }

  /** The first row of a slice. */
  int firstRow(int slice, int slices) {
    if (share < 0) {
      return (int) ((long) rows * slice / slices);
    }
    return slice <= share ? 0 : rows;
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

  /** An optimizer average. */
  float[] moment(int index) {
    return moments[index];
  }

  /** Copies {@code array}, one of this parameter's, from a vector that starts at an offset. */
  void take(float[] array, float[] vector, int offset) {
    for (int c = 0; c < columns; c++) {
      for (int k = c, at = offset + places[c]; k < array.length; k += columns) {
        array[k] = vector[at++];
      }
    }
  }

  /** Copies {@code array}, one of this parameter's, to a vector that starts at an offset. */
  void put(float[] array, float[] vector, int offset) {
    for (int c = 0; c < columns; c++) {
      for (int k = c, at = offset + places[c]; k < array.length; k += columns) {
        vector[at++] = array[k];
      }
    }
  }
}
