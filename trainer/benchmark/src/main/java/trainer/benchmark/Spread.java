package trainer.benchmark;

import java.util.Arrays;
import java.util.Locale;

/** Median, least and greatest of some measurements. */
record Spread(double median, double least, double greatest) {

  static Spread of(double[] measured) {
    double[] sorted = measured.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  /** Such as {@code 2.31 (2.20–2.44)}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", median, least, greatest);
  }
}
