package trainer.service.schedule;

import java.util.Locale;

/** Where a trigger run stands. */
public enum TriggerRunState {
  /** The text is looked at. */
  PREPARING,

  /** Its run waits, is trained, or its model is measured. */
  TRAINING,

  /** The challenger became the champion. */
  PROMOTED,

  /** The champion stayed. */
  KEPT,

  /** There was nothing to train, or the time before had not come to its end. */
  SKIPPED,

  /** No service was there. */
  MISSED,

  /** Something broke; the champion stayed. */
  FAILED;

  /** As it is stored and shown: lower case. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #word} gives. */
  static TriggerRunState ofWord(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
