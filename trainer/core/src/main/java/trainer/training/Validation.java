package trainer.training;

import static trainer.run.RunFileJson.checkCount;

/**
 * What the evaluations of a run have found so far.
 *
 * @param bestLoss lowest validation loss, nats per character; infinite before the first evaluation
 * @param bestIteration the iteration it was measured at
 * @param evaluationsWithoutImprovement evaluations since, for early stopping
 * @param earlyStoppingLoss the loss that the next evaluation has to improve on, nats per character
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

  /** Before the first evaluation. */
  public static Validation none() {
    return new Validation(Double.POSITIVE_INFINITY, 0, 0, Double.POSITIVE_INFINITY);
  }

  /** Whether the lowest loss was measured at an iteration. */
  public boolean isBest(int iteration) {
    return bestIteration == iteration && Double.isFinite(bestLoss);
  }

  /**
   * After another evaluation.
   *
   * @param loss validation loss, nats per character
   * @param minDelta improvements smaller than this do not count for early stopping
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
