package trainer.training;

/**
 * Asks a running job, from any thread, to come to an end as soon as it can do so without losing
 * anything.
 */
public final class StopSignal {
  private volatile String reason;
  private volatile long nanos;

  /** Asks, for a reason such as {@code SIGTERM}. The first one stands. */
  public synchronized void request(String why) {
    if (reason == null) {
      nanos = System.nanoTime();
      reason = why;
    }
  }

  /** Whether the job should end. */
  public boolean requested() {
    return reason != null;
  }

  /** Seconds since it was asked to. */
  public double seconds() {
    return (System.nanoTime() - nanos) / 1e9;
  }

  /** Why it should end, or null. */
  public String reason() {
    return reason;
  }
}
