package trainer.service.runs;

import java.util.Locale;

public enum RunState {
  /** Waiting for a slot. */
  QUEUED,

  /** Leased by a worker. */
  RUNNING,

  /** Completed. */
  SUCCEEDED,

  /** Bad input, or too many crashes. */
  FAILED,

  /** Cancelled on request. */
  CANCELLED,

  /** Its nodes died too often; can be resumed from its last checkpoint. */
  INTERRUPTED;

  /** Lower case, as stored and shown. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static RunState ofWord(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  /** Whether it changes only on request. */
  public boolean isFinal() {
    return switch (this) {
      case QUEUED, RUNNING -> false;
      case SUCCEEDED, FAILED, CANCELLED, INTERRUPTED -> true;
    };
  }
}
