package trainer.cli;

import java.util.Arrays;

/** Where the middle of some measurements lies, and how far they reach. */
record Spread(double lowest, double median, double highest) {
  /**
   * @param values at least one, in any order
   */
  static Spread of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }
}
