package trainer.job;

import java.nio.file.Path;
import java.util.Optional;
import trainer.engine.Engine.Score;
import trainer.text.NgramBaselines;

/**
 * How well a trained network predicts a text.
 *
 * @param checkpoint that was measured
 * @param iteration it was written at
 * @param text name of the split or file it was measured on
 * @param baselines of n-grams counted on the training split, on the same text; empty where the
 *     training corpus is not there
 */
public record EvaluationResult(
    Path checkpoint,
    int iteration,
    String text,
    Score score,
    Optional<NgramBaselines.Nats> baselines) {

  /** The share of characters that were the most probable one. */
  public double accuracy() {
    return (double) score.correct() / score.characters();
  }
}
