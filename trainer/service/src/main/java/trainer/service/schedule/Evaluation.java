package trainer.service.schedule;

import trainer.file.TrainerException;
import trainer.run.RunDirectory;

/** Evaluates models under the same conditions, so that their losses are comparable. */
@FunctionalInterface
interface Evaluation extends AutoCloseable {
  /**
   * Evaluates a model.
   *
   * @param like the run whose splits and batches are used
   * @param text {@code --split=PART} of that run's corpus, or {@code --corpus=FILE}
   * @throws FailedException if it fails
   * @throws java.util.concurrent.CancellationException if it was stopped, as when the whole service
   *     stops
   */
  Score of(RunDirectory model, RunDirectory like, String text);

  /** Cancels the evaluations in progress. */
  @Override
  default void close() {}

  /**
   * A result.
   *
   * @param loss nats per character, a number or NaN; characters outside the model's vocabulary
   *     count as a uniform guess among all characters of Unicode
   * @param characters predicted
   * @param unknown those outside the model's vocabulary
   * @param sha256 of the text, hexadecimal
   * @param unigrams loss of the unigram baseline; null if unknown
   */
  record Score(double loss, long characters, long unknown, String sha256, Double unigrams) {
    /** Whether two models were evaluated on the same text. */
    boolean isComparableWith(Score other) {
      return sha256.equals(other.sha256) && characters == other.characters;
    }
  }

  /** A model cannot be evaluated; the message says why. */
  final class FailedException extends TrainerException {
    private static final long serialVersionUID = 1;

    private final boolean again;

    /**
     * @param again whether another try may succeed
     */
    FailedException(String message, boolean again) {
      super(message);
      this.again = again;
    }

    @Override
    public boolean isTransient() {
      return again;
    }
  }
}
