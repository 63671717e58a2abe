package trainer.training;

/**
 * Asks a running job, from any thread, to come to an end as soon as it can do so without losing
 * anything.
 */
public final class StopSignal {
  private volatile String reason;

  /** Asks, for a reason such as {@code SIGTERM}. The first one stands. */
  public synchronized void request(String why) {
    if (reason == null) {
      reason = why;
    }
  }

  /** Whether the job should end. */
  public boolean requested() {
    return reason != null;
  }

  /** Why it should end, or null. */
  public String reason() {
    return reason;
  }
}
