package trainer.job;

import java.nio.file.Path;
import java.util.Optional;
import trainer.engine.Engine.Score;
import trainer.text.NgramBaselines;
import trainer.text.Unknown;

/**
 * Loss and accuracy of a trained network on a text.
 *
 * @param checkpoint that was evaluated
 * @param iteration of the checkpoint
 * @param text name of the split or file
 * @param sha256 of the bytes of all source files of the text in order, hexadecimal
 * @param score of all its characters but the first, those outside the vocabulary included
 * @param baselines on the same text, counted on the training split; empty without the training
 *     corpus
 */
public record EvaluationResult(
    Path checkpoint,
    int iteration,
    String text,
    String sha256,
    Score score,
    Optional<NgramBaselines.Nats> baselines) {

  /** Share of characters to which the network gave the highest probability, 0 to 1. */
  public double accuracy() {
    return (double) score.correct() / score.characters();
  }

  /** Characters outside the network's vocabulary, of those scored. */
  public Unknown unknown() {
    return new Unknown(score.unknown(), score.characters());
  }
}
