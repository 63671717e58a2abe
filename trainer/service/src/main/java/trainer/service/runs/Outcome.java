package trainer.service.runs;

import java.time.Duration;

/**
 * How an attempt at a run ended, and what becomes of the run.
 *
 * @param state that the run is put into
 * @param reason for people, or null
 * @param delay before the next attempt, where there is one
 * @param failure whether it counts among those that the run may have
 */
public record Outcome(RunState state, String reason, Duration delay, boolean failure) {

  /** Trained to its end. */
  public static Outcome succeeded() {
    return new Outcome(RunState.SUCCEEDED, null, Duration.ZERO, false);
  }

  /** Cannot be trained. */
  public static Outcome failed(String reason) {
    return new Outcome(RunState.FAILED, reason, Duration.ZERO, true);
  }

  /** Stopped because somebody asked for it. */
  public static Outcome cancelled() {
    return new Outcome(RunState.CANCELLED, "cancelled by request", Duration.ZERO, false);
  }

  /** Goes on later from its last checkpoint, because something broke. */
  public static Outcome retried(String reason, Duration delay) {
    return new Outcome(RunState.QUEUED, reason, delay, true);
  }

  /**
   * Goes on elsewhere from its last checkpoint, because this worker ends or its process was
   * stopped.
   */
  public static Outcome released(String reason) {
    return new Outcome(RunState.QUEUED, reason, Duration.ZERO, false);
  }
}
