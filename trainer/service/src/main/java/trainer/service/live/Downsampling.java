package trainer.service.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import trainer.run.MetricsRow;

/**
 * Reduces rows for plotting. Of each bucket it keeps the rows with the lowest and highest training
 * and validation loss, so peaks stay visible; also the first and last row.
 */
public final class Downsampling {
  /** Minimum number of points. */
  public static final int LEAST_POINTS = 6;

  private static final int KEPT_OF_A_BUCKET = 4;

  private Downsampling() {}

  /**
   * Selects rows.
   *
   * @param points maximum number of rows, at least {@link #LEAST_POINTS}
   */
  public static List<MetricsRow> of(List<MetricsRow> rows, int points) {
    if (rows.size() <= points) {
      return rows;
    }
    int buckets = (points - 2) / KEPT_OF_A_BUCKET;
    Map<Integer, MetricsRow> kept = new TreeMap<>();
    keep(kept, rows.get(0));
    keep(kept, rows.get(rows.size() - 1));
    for (int i = 0; i < buckets; i++) {
      int start = (int) ((long) rows.size() * i / buckets);
      int end = (int) ((long) rows.size() * (i + 1) / buckets);
      List<MetricsRow> bucket = rows.subList(start, end);
      keepExtremes(kept, bucket, MetricsRow::trainLoss);
      keepExtremes(kept, bucket, MetricsRow::validationLoss);
    }
    return new ArrayList<>(kept.values());
  }

  private static void keepExtremes(
      Map<Integer, MetricsRow> kept, List<MetricsRow> bucket, Function<MetricsRow, Double> value) {
    MetricsRow least = null;
    MetricsRow greatest = null;
    for (MetricsRow row : bucket) {
      Double here = value.apply(row);
      if (here != null) {
        // NaN counts as highest: divergence must be visible.
        least = least == null || Double.compare(here, value.apply(least)) < 0 ? row : least;
        greatest =
            greatest == null || Double.compare(here, value.apply(greatest)) > 0 ? row : greatest;
      }
    }
    if (least != null) {
      keep(kept, least);
      keep(kept, greatest);
    }
  }

  private static void keep(Map<Integer, MetricsRow> kept, MetricsRow row) {
    kept.put(row.iteration(), row);
  }
}
