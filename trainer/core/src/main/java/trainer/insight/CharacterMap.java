package trainer.insight;

import java.util.Random;

/**
 * The characters of a network in two dimensions: the first two principal components of the rows of
 * the first layer's input weights. Characters that the network reads alike lie close together.
 *
 * @param x first component of each character, in the order of the vocabulary
 * @param y second component
 * @param explained share of the rows' variance in the two, 0 to 1
 */
public record CharacterMap(double[] x, double[] y, double explained) {
  private static final int ITERATIONS = 300;

  static CharacterMap of(NetworkWeights weights) {
    LayerWeights layer = weights.layers().get(0);
    int rows = weights.vocabulary();
    int columns = layer.columns();
    double[][] centred = new double[rows][columns];
    double total = 0;
    for (int j = 0; j < columns; j++) {
      double mean = 0;
      for (int i = 0; i < rows; i++) {
        mean += layer.input()[i][j] / rows;
      }
      for (int i = 0; i < rows; i++) {
        centred[i][j] = layer.input()[i][j] - mean;
        total += centred[i][j] * centred[i][j];
      }
    }
    double[] x = component(centred);
    double[] y = component(centred);
    double explained = total == 0 ? 0 : (dot(x, x) + dot(y, y)) / total;
    return new CharacterMap(x, y, explained);
  }

  /**
   * The rows' coordinates on their first principal axis, found by power iteration. Removes that
   * axis from the rows.
   */
  private static double[] component(double[][] rows) {
    int columns = rows[0].length;
    double[] axis = new Random(1).doubles(columns, -1, 1).toArray();
    double[] projected = new double[rows.length];
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      normalize(axis);
      for (int i = 0; i < rows.length; i++) {
        projected[i] = dot(rows[i], axis);
      }
      if (iteration < ITERATIONS - 1) {
        double[] following = new double[columns];
        for (int i = 0; i < rows.length; i++) {
          add(following, projected[i], rows[i]);
        }
        if (dot(following, following) == 0) {
          return new double[rows.length]; // all rows are alike
        }
        axis = following;
      }
    }
    for (int i = 0; i < rows.length; i++) {
      add(rows[i], -projected[i], axis);
    }
    return projected;
  }

  private static void normalize(double... vector) {
    double norm = Math.sqrt(dot(vector, vector));
    for (int i = 0; i < vector.length; i++) {
      vector[i] /= norm;
    }
  }

  private static void add(double[] into, double factor, double... vector) {
    for (int i = 0; i < into.length; i++) {
      into[i] += factor * vector[i];
    }
  }

  private static double dot(double[] a, double... b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
