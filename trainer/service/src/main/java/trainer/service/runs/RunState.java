package trainer.service.runs;

import java.util.Locale;

/** Where a run stands. */
public enum RunState {
  /** Waits for a slot. */
  QUEUED,

  /** A worker has it under lease. */
  RUNNING,

  /** Trained to its end. */
  SUCCEEDED,

  /** The program said that it cannot be trained, or crashed too often. */
  FAILED,

  /** Somebody did not want it any more. */
  CANCELLED,

  /** Stopped from outside, or its nodes died too often: it can go on from its last checkpoint. */
  INTERRUPTED;

  /** As it is stored and shown: lower case. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads what {@link #word} gives. */
  static RunState ofWord(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  /** Whether nothing happens to it any more unless somebody asks. */
  public boolean isFinal() {
    return switch (this) {
      case QUEUED, RUNNING -> false;
      case SUCCEEDED, FAILED, CANCELLED, INTERRUPTED -> true;
    };
  }
}
