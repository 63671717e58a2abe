package trainer.service.live;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import trainer.run.MetricsRow;

/**
 * The rows of a run, thinned for drawing: some rows as they are, and for each of them the least and
 * greatest values since the one before. Smoothing is over all rows, so it depends neither on how
 * many are drawn nor on how often the run reports.
 */
public final class Curves {
  private final List<MetricsRow> rows;
  private final int[] shown; // indices of rows, ascending
  private final int start; // index of the first row in the range

  private Curves(List<MetricsRow> rows, int start, int[] shown) {
    this.rows = rows;
    this.start = start;
    this.shown = shown;
  }

  /**
   * Selects rows: evenly spaced ones, the last, and those with a validation loss, of which the
   * lowest and highest of each stretch stay if there are too many.
   *
   * @param points number of rows at most, at least {@link Downsampling#LEAST_POINTS}
   * @param from first iteration
   * @param to last iteration
   */
  public static Curves of(List<MetricsRow> rows, int points, long from, long to) {
    int start = indexAfter(rows, from - 1);
    int end = indexAfter(rows, to);
    int count = end - start;
    SortedSet<Integer> shown = new TreeSet<>();
    if (count > 0) {
      shown.add(start);
    }
    int even = Math.min(count, count <= points ? count : points / 2 - 1);
    for (int i = 1; i <= even; i++) {
      shown.add(start + (int) ((long) count * i / even) - 1);
    }
    if (count > points) {
      List<Integer> evaluated = new ArrayList<>();
      for (int i = start; i < end; i++) {
        if (rows.get(i).validationLoss() != null) {
          evaluated.add(i);
        }
      }
      int stretches = Math.min(evaluated.size(), points / 4);
      for (int i = 0; i < stretches; i++) {
        int first = (int) ((long) evaluated.size() * i / stretches);
        int last = (int) ((long) evaluated.size() * (i + 1) / stretches);
        List<Integer> stretch = evaluated.subList(first, last);
        shown.add(extreme(rows, stretch, -1));
        shown.add(extreme(rows, stretch, 1));
      }
    }
    return new Curves(rows, start, shown.stream().mapToInt(Integer::intValue).toArray());
  }

  /** The rows that {@link Downsampling} selects. */
  public static Curves withPeaks(List<MetricsRow> rows, int points) {
    return new Curves(
        rows,
        0,
        Downsampling.of(rows, points).stream()
            .mapToInt(row -> indexAfter(rows, row.iteration()) - 1)
            .toArray());
  }

  private static int extreme(List<MetricsRow> rows, List<Integer> stretch, int sign) {
    int found = stretch.get(0);
    for (int each : stretch) {
      if (sign * Double.compare(rows.get(each).validationLoss(), rows.get(found).validationLoss())
          > 0) {
        found = each;
      }
    }
    return found;
  }

  /** Index of the first row after an iteration. */
  private static int indexAfter(List<MetricsRow> rows, long iteration) {
    int low = 0;
    int high = rows.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (rows.get(middle).iteration() <= iteration) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The rows shown. */
  public List<MetricsRow> shown() {
    List<MetricsRow> found = new ArrayList<>(shown.length);
    for (int index : shown) {
      found.add(rows.get(index));
    }
    return found;
  }

  /**
   * The least and the greatest values since the row shown before; null where none is.
   *
   * @param least one value for each row shown
   * @param greatest likewise
   */
  public record Extremes(List<Double> least, List<Double> greatest) {}

  public Extremes extremes(Function<MetricsRow, Double> value) {
    Extremes found = new Extremes(new ArrayList<>(shown.length), new ArrayList<>(shown.length));
    int next = start;
    for (int index : shown) {
      Double least = null;
      Double greatest = null;
      for (; next <= index; next++) {
        Double here = value.apply(rows.get(next));
        if (isFinite(here)) {
          least = least == null || here < least ? here : least;
          greatest = greatest == null || here > greatest ? here : greatest;
        }
      }
      found.least().add(least);
      found.greatest().add(greatest);
    }
    return found;
  }

  /** The smoothed values of the rows shown: see {@link #smoothed(List, Function, double)}. */
  public List<Double> smoothed(Function<MetricsRow, Double> value, double iterations) {
    double[] all = smoothed(rows, value, iterations);
    List<Double> found = new ArrayList<>(shown.length);
    for (int index : shown) {
      found.add(Double.isNaN(all[index]) ? null : all[index]);
    }
    return found;
  }

  /**
   * Exponential means: the weight of a row falls by 1/e per {@code iterations} of distance, to both
   * sides, so the curve neither lags nor leaves the range of its values. A row counts for the
   * iterations that it reports.
   *
   * @param iterations the time constant; 0: the values as they are
   * @return one value per row, NaN where the row has none
   */
  static double[] smoothed(
      List<MetricsRow> rows, Function<MetricsRow, Double> value, double iterations) {
    int n = rows.size();
    double[] values = new double[n];
    double[] weights = new double[n];
    int[] at = new int[n]; // iterations
    for (int i = 0; i < n; i++) {
      MetricsRow row = rows.get(i);
      Double here = value.apply(row);
      at[i] = row.iteration();
      values[i] = isFinite(here) ? here : Double.NaN;
      weights[i] = isFinite(here) ? at[i] - (i == 0 ? 0 : at[i - 1]) : 0;
    }
    if (iterations <= 0) {
      return values;
    }
    double[] sums = new double[n];
    double[] totals = new double[n];
    accumulate(at, values, weights, iterations, sums, totals, 1);
    accumulate(at, values, weights, iterations, sums, totals, -1);
    for (int i = 0; i < n; i++) {
      if (!Double.isNaN(values[i])) { // counted from both sides
        values[i] = (sums[i] - weights[i] * values[i]) / (totals[i] - weights[i]);
      }
    }
    return values;
  }

  /** Adds the weighted values on one side of each row, its own included. */
  private static void accumulate(
      int[] at,
      double[] values,
      double[] weights,
      double iterations,
      double[] sums,
      double[] totals,
      int step) {
    double sum = 0;
    double total = 0;
    int before = 0;
    int distance = 0;
    double decay = 1; // over that distance, mostly that of all rows
    for (int i = step > 0 ? 0 : values.length - 1; i >= 0 && i < values.length; i += step) {
      int here = at[i];
      if (Math.abs(here - before) != distance) {
        distance = Math.abs(here - before);
        decay = Math.exp(-distance / iterations);
      }
      sum = decay * sum + (weights[i] > 0 ? weights[i] * values[i] : 0);
      total = decay * total + weights[i];
      before = here;
      sums[i] += sum;
      totals[i] += total;
    }
  }

  private static boolean isFinite(Double value) {
    return value != null && Double.isFinite(value);
  }
}
