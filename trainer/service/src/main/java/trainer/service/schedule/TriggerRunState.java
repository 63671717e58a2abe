package trainer.service.schedule;

import java.util.Locale;

public enum TriggerRunState {
  /** Checking whether the text has changed. */
  PREPARING,

  /** Queued, training, or evaluating the model. */
  TRAINING,

  /** The challenger became the champion. */
  PROMOTED,

  /** The champion stayed. */
  KEPT,

  /** Nothing had changed, or the previous trigger run was in progress. */
  SKIPPED,

  /** No service was running. */
  MISSED,

  /** Failed; the champion stayed. */
  FAILED;

  /** Lower case, as stored and shown. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static TriggerRunState ofWord(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
