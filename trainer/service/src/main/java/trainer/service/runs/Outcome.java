package trainer.service.runs;

import java.time.Duration;
import trainer.service.database.Sql;

/**
 * How an attempt ended, and the run's next state.
 *
 * @param reason for people, or null
 * @param delay before the next attempt, if any
 * @param failure whether it counts towards {@code retries}
 * @param failsAgain whether another attempt would fail too
 */
public record Outcome(
    RunState state, String reason, Duration delay, boolean failure, boolean failsAgain) {
  /** One that another attempt may change. */
  public Outcome(RunState state, String reason, Duration delay, boolean failure) {
    this(state, reason, delay, failure, false);
  }

  public Outcome {
    reason = Sql.storable(reason); // a program may print anything
  }

  /** Training completed. */
  public static Outcome succeeded() {
    return new Outcome(RunState.SUCCEEDED, null, Duration.ZERO, false);
  }

  /** Not retried. */
  public static Outcome failed(String reason) {
    return new Outcome(RunState.FAILED, reason, Duration.ZERO, true);
  }

  /** Its input is wrong. */
  public static Outcome refused(String reason) {
    return new Outcome(RunState.FAILED, reason, Duration.ZERO, true, true);
  }

  /** Stopped on request. */
  public static Outcome cancelled() {
    return new Outcome(RunState.CANCELLED, "cancelled by request", Duration.ZERO, false);
  }

  /** Resumed from its last checkpoint after a failure. */
  public static Outcome retried(String reason, Duration delay) {
    return new Outcome(RunState.QUEUED, reason, delay, true);
  }

  /** Resumed from its last checkpoint, possibly on another worker; no failure. */
  public static Outcome released(String reason) {
    return new Outcome(RunState.QUEUED, reason, Duration.ZERO, false);
  }
}
