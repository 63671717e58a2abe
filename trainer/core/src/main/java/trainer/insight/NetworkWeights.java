package trainer.insight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trainer.config.Layer;

/**
 * The weights of a network in float64.
 *
 * @param output W, [H, V]
 * @param outputTransposed Wᵀ, [V, H]
 * @param outputBias b, [V]
 */
record NetworkWeights(
    int vocabulary,
    List<LayerWeights> layers,
    double[][] output,
    double[][] outputTransposed,
    double[] outputBias) {

  /** Reads consecutive parameters; matrices lie column by column. */
  static final class Reader {
    private final double[] parameters;
    private int at;

    Reader(double[] parameters) {
      this.parameters = parameters;
    }

    double[] next(int count) {
      at += count;
      return Arrays.copyOfRange(parameters, at - count, at);
    }
  }

  /**
   * The weights in a vector of parameters.
   *
   * @param parameters in the order of {@link trainer.cell.CellLayout}
   */
  static NetworkWeights of(List<Layer> model, int vocabulary, double... parameters) {
    Reader reader = new Reader(parameters);
    List<LayerWeights> layers = new ArrayList<>();
    int inputs = vocabulary;
    for (Layer layer : model) {
      layers.add(LayerWeights.read(layer.type(), inputs, layer.size(), reader));
      inputs = layer.size();
    }
    double[][] outputTransposed = rows(reader.next(inputs * vocabulary), inputs);
    return new NetworkWeights(
        vocabulary,
        layers,
        transposed(outputTransposed),
        outputTransposed,
        reader.next(vocabulary));
  }

  /** The rows of a matrix that lies in a vector, row by row. */
  static double[][] rows(double[] matrix, int columns) {
    double[][] rows = new double[matrix.length / columns][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(matrix, row * columns, (row + 1) * columns);
    }
    return rows;
  }

  static double[][] transposed(double[][] matrix) {
    double[][] result = new double[matrix[0].length][matrix.length];
    for (int row = 0; row < matrix.length; row++) {
      for (int column = 0; column < result.length; column++) {
        result[column][row] = matrix[row][column];
      }
    }
    return result;
  }

  /**
   * result += left · right for some rows. Each row is an array of its own, because C2 vectorizes
   * loops over whole arrays; four rows of the right matrix at a time stay in the cache.
   *
   * @param left [.., inner], read from row {@code leftAt} on
   * @param right [inner, columns]
   * @param result [.., columns], incremented from row {@code resultAt} on
   */
  static void addProduct(
      double[][] left, int leftAt, double[][] right, double[][] result, int resultAt, int rows) {
    int k = 0;
    for (; k + 4 <= right.length; k += 4) {
      for (int row = 0; row < rows; row++) {
        double[] factors = left[leftAt + row];
        add(
            result[resultAt + row],
            right[k],
            right[k + 1],
            right[k + 2],
            right[k + 3],
            factors[k],
            factors[k + 1],
            factors[k + 2],
            factors[k + 3]);
      }
    }
    for (; k < right.length; k++) {
      for (int row = 0; row < rows; row++) {
        add(result[resultAt + row], right[k], left[leftAt + row][k]);
      }
    }
  }

  private static void add(
      double[] into,
      double[] first,
      double[] second,
      double[] third,
      double[] fourth,
      double a,
      double b,
      double c,
      double d) {
    for (int j = 0; j < into.length; j++) {
      into[j] =
          Math.fma(
              a,
              first[j],
              Math.fma(b, second[j], Math.fma(c, third[j], Math.fma(d, fourth[j], into[j]))));
    }
  }

  private static void add(double[] into, double[] row, double factor) {
    for (int j = 0; j < into.length; j++) {
      into[j] = Math.fma(factor, row[j], into[j]);
    }
  }
}
