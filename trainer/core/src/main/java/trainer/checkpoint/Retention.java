package trainer.checkpoint;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import trainer.run.MetricsRow;

/**
 * Selects the checkpoints to keep.
 *
 * @param keepLast number of newest ones, at least 1
 * @param keepBest number of those with the lowest validation loss
 */
public record Retention(int keepLast, int keepBest) {

  public Retention {
    if (keepLast < 1 || keepBest < 0) {
      throw new IllegalArgumentException(
          "keepLast %d must be at least 1, keepBest %d at least 0".formatted(keepLast, keepBest));
    }
  }

  /**
   * The iterations whose checkpoints are kept.
   *
   * @param present iterations with a checkpoint, ascending
   * @param rows of metrics.csv, with the validation losses
   */
  Set<Long> kept(List<Long> present, List<MetricsRow> rows) {
    Map<Long, Double> losses = new HashMap<>();
    for (MetricsRow row : rows) {
      if (row.validationLoss() != null && Double.isFinite(row.validationLoss())) {
        losses.put((long) row.iteration(), row.validationLoss());
      }
    }
    Set<Long> kept =
        new HashSet<>(present.subList(Math.max(0, present.size() - keepLast), present.size()));
    // Of equal losses the earlier one is kept, as in best.zip.
    present.stream()
        .filter(losses::containsKey)
        .sorted(Comparator.comparingDouble(losses::get))
        .limit(keepBest)
        .forEach(kept::add);
    return kept;
  }
}
