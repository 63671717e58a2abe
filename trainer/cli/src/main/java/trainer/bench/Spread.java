package trainer.bench;

import java.util.Arrays;
import java.util.Locale;

/** Median and range of measurements. */
public record Spread(double lowest, double median, double highest) {
  /**
   * Computes the spread of values.
   *
   * @param values at least one, in any order
   */
  public static Spread of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(sorted[0], median, sorted[sorted.length - 1]);
  }

  /** Such as {@code 2.31 (2.20–2.44)}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", median, lowest, highest);
  }
}
