package trainer.service.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import trainer.run.MetricsRow;

/**
 * Fewer rows with the same look: of every stretch of rows those with the least and the greatest
 * training loss and validation loss stay, so no peak is lost. The first and the last row stay too.
 */
public final class Downsampling {
  /** So many points stay at least. */
  public static final int LEAST_POINTS = 6;

  private static final int KEPT_OF_A_STRETCH = 4;

  private Downsampling() {}

  /**
   * Leaves out rows.
   *
   * @param points at most so many rows stay, at least {@link #LEAST_POINTS}
   */
  public static List<MetricsRow> of(List<MetricsRow> rows, int points) {
    if (rows.size() <= points) {
      return rows;
    }
    int stretches = (points - 2) / KEPT_OF_A_STRETCH;
    Map<Integer, MetricsRow> kept = new TreeMap<>();
    keep(kept, rows.get(0));
    keep(kept, rows.get(rows.size() - 1));
    for (int i = 0; i < stretches; i++) {
      int start = (int) ((long) rows.size() * i / stretches);
      int end = (int) ((long) rows.size() * (i + 1) / stretches);
      List<MetricsRow> stretch = rows.subList(start, end);
      keepExtremes(kept, stretch, MetricsRow::trainLoss);
      keepExtremes(kept, stretch, MetricsRow::validationLoss);
    }
    return new ArrayList<>(kept.values());
  }

  private static void keepExtremes(
      Map<Integer, MetricsRow> kept, List<MetricsRow> stretch, Function<MetricsRow, Double> value) {
    MetricsRow least = null;
    MetricsRow greatest = null;
    for (MetricsRow row : stretch) {
      Double here = value.apply(row);
      if (here != null) {
        // NaN counts as the greatest: a loss that broke down shall be seen.
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
