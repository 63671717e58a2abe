package trainer.benchmark;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * One resource of a long run over time.
 *
 * <p>It is flat if the line through its samples after the first quarter, when the JVM has warmed
 * up, rises by no more than an allowance. The line is the Theil-Sen estimator, the median of the
 * slopes between all pairs of samples, which is robust to outliers.
 *
 * @param name with its unit
 * @param minutes of the samples
 * @param values at these minutes
 * @param allowance largest rise from the end of the first quarter to the end that counts as flat;
 *     infinite for expected growth
 */
record SoakQuantity(String name, double[] minutes, double[] values, double allowance) {
  private static final double RESIDENT_SHARE = 0.05;
  private static final double HEAP = 8; // MiB; the rows of metrics.csv take up to half
  private static final double ONE = 1;

  /** The quantities of a run. */
  static List<SoakQuantity> of(List<SoakSample> samples) {
    double[] resident = settled(values(samples, SoakSample::resident));
    Arrays.sort(resident);
    double residentAllowance = RESIDENT_SHARE * resident[resident.length / 2];
    return List.of(
        quantity("resident memory, MiB", samples, SoakSample::resident, residentAllowance),
        quantity("Java heap after collection, MiB", samples, SoakSample::heap, HEAP),
        quantity("open descriptors", samples, SoakSample::descriptors, ONE),
        quantity("threads", samples, SoakSample::threads, ONE),
        quantity("files in the run directory", samples, SoakSample::files, ONE),
        quantity("temporary files", samples, SoakSample::temporary, ONE),
        quantity("run directory, MiB", samples, SoakSample::directory, Double.POSITIVE_INFINITY),
        quantity("iterations", samples, SoakSample::iteration, Double.POSITIVE_INFINITY));
  }

  private static SoakQuantity quantity(
      String name, List<SoakSample> samples, ToDoubleFunction<SoakSample> value, double allowance) {
    return new SoakQuantity(
        name, values(samples, sample -> sample.seconds() / 60), values(samples, value), allowance);
  }

  private static double[] values(List<SoakSample> samples, ToDoubleFunction<SoakSample> value) {
    return samples.stream().mapToDouble(value).toArray();
  }

  private static double[] settled(double[] values) {
    return Arrays.copyOfRange(values, values.length / 4, values.length);
  }

  boolean isFlat() {
    return rise() <= allowance;
  }

  /** Rise of the line from the end of the first quarter to the end; 0 for a single sample. */
  double rise() {
    double[] x = settled(minutes);
    double[] y = settled(values);
    double[] slopes = new double[x.length * (x.length - 1) / 2];
    int n = 0;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < i; j++) {
        slopes[n++] = (y[i] - y[j]) / (x[i] - x[j]);
      }
    }
    Arrays.sort(slopes);
    return n == 0 ? 0 : slopes[n / 2] * (x[x.length - 1] - x[0]);
  }

  @Override
  public String toString() {
    double[] sorted = settled(values);
    Arrays.sort(sorted);
    String range =
        String.format(
            Locale.ROOT,
            "%s: %,.1f to %,.1f, line rises by %,.2f",
            name,
            sorted[0],
            sorted[sorted.length - 1],
            rise());
    if (Double.isInfinite(allowance)) {
      return range;
    }
    return String.format(
        Locale.ROOT, "%s (%s: at most %.1f)", range, isFlat() ? "flat" : "NOT FLAT", allowance);
  }
}
