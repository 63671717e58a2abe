package trainer.training;

import static trainer.run.RunFileJson.checkCount;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

/**
 * The progress of a run between two iterations. With the parameters, the updater's state and the
 * carried state, this is everything an exact resume needs.
 *
 * @param iteration updates made
 * @param recorded the last iteration whose evaluation, report and samples are complete; less than
 *     {@code iteration} if the run was stopped during them
 * @param epoch passes over the corpus completed
 * @param segment segments of the current pass completed
 * @param characters characters trained on
 * @param seconds time spent training, evaluation and checkpoints included
 * @param reportedIterations iterations since the last row of metrics.csv
 * @param reportedLoss sum of their losses, nats per character
 * @param gradientNorm L2 norm of the last gradient before clipping; NaN before the first iteration
 * @param learningRate rate of the last update; NaN before the first iteration
 * @param runningLoss exponential mean of the loss, nats per character; NaN before the first
 *     iteration
 * @param validation results of the evaluations so far
 * @param learningRateFactor factor on the scheduled rate; below 1 after a divergence
 * @param earlierUpdates updates of the run whose optimizer moments this one started with, for
 *     Adam's bias correction; 0: it started without moments
 */
public record Progress(
    int iteration,
    int recorded,
    int epoch,
    long segment,
    long characters,
    double seconds,
    int reportedIterations,
    double reportedLoss,
    double gradientNorm,
    double learningRate,
    double runningLoss,
    @JsonUnwrapped Validation validation,
    double learningRateFactor,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int earlierUpdates) {

  public Progress {
    checkCount("iteration", iteration);
    checkCount("recorded", recorded);
    checkCount("epoch", epoch);
    checkCount("segment", segment);
    checkCount("characters", characters);
    checkCount("reported_iterations", reportedIterations);
    checkCount("earlier_updates", earlierUpdates);
    if (!(seconds >= 0 && seconds < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "'seconds' is %s, not a time of at least 0".formatted(seconds));
    }
    if (!(learningRateFactor > 0 && learningRateFactor <= 1)) {
      throw new IllegalArgumentException(
          "'learning_rate_factor' is %s, not above 0 and at most 1".formatted(learningRateFactor));
    }
    if (recorded > iteration || validation.bestIteration() > iteration) {
      throw new IllegalArgumentException("it refers to an iteration after its own");
    }
  }

  /** A copy with another factor. */
  public Progress withLearningRateFactor(double factor) {
    return with(validation, factor, earlierUpdates);
  }

  /** The start of a run whose optimizer has made updates before. */
  public Progress withEarlierUpdates(int updates) {
    return with(validation, learningRateFactor, updates);
  }

  /** A copy with other results of evaluations. */
  public Progress with(Validation other) {
    return with(other, learningRateFactor, earlierUpdates);
  }

  private Progress with(Validation evaluations, double factor, int updates) {
    return new Progress(
        iteration,
        recorded,
        epoch,
        segment,
        characters,
        seconds,
        reportedIterations,
        reportedLoss,
        gradientNorm,
        learningRate,
        runningLoss,
        evaluations,
        factor,
        updates);
  }

  /** Updates of the optimizer's moments, for Adam's bias correction. */
  public int updates() {
    return Math.addExact(iteration, earlierUpdates);
  }

  /** The start of a run. */
  public static Progress start() {
    return new Progress(
        0, 0, 0, 0, 0, 0, 0, 0, Double.NaN, Double.NaN, Double.NaN, Validation.none(), 1, 0);
  }
}
