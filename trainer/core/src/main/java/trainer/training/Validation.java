package trainer.training;

import static trainer.run.RunFileJson.checkCount;

/**
 * Results of a run's evaluations so far.
 *
 * @param bestLoss lowest validation loss, nats per character; infinite before the first evaluation
 * @param bestIteration its iteration
 * @param evaluationsWithoutImprovement consecutive ones, for early stopping
 * @param earlyStoppingLoss the loss to improve on, nats per character
 */
public record Validation(
    double bestLoss,
    int bestIteration,
    int evaluationsWithoutImprovement,
    double earlyStoppingLoss) {

  public Validation {
    checkCount("best_iteration", bestIteration);
    checkCount("evaluations_without_improvement", evaluationsWithoutImprovement);
  }

  /** The value before the first evaluation. */
  public static Validation none() {
    return new Validation(Double.POSITIVE_INFINITY, 0, 0, Double.POSITIVE_INFINITY);
  }

  /** Whether the lowest loss was measured at {@code iteration}. */
  public boolean isBest(int iteration) {
    return bestIteration == iteration && Double.isFinite(bestLoss);
  }

  /**
   * Adds an evaluation.
   *
   * @param loss validation loss, nats per character
   * @param minDelta smaller improvements do not count for early stopping
   */
  Validation measured(double loss, int iteration, double minDelta) {
    boolean best = loss < bestLoss;
    boolean improved = loss < earlyStoppingLoss - minDelta;
    return new Validation(
        best ? loss : bestLoss,
        best ? iteration : bestIteration,
        improved ? 0 : evaluationsWithoutImprovement + 1,
        improved ? loss : earlyStoppingLoss);
  }
}
