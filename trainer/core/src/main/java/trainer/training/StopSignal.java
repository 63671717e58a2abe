package trainer.training;

/** Requests, from any thread, that a job stops as soon as it can do so without losing work. */
public final class StopSignal {
  private volatile String reason;
  private volatile long nanos;

  /** Requests a stop, for a reason such as {@code SIGTERM}. Later requests are ignored. */
  public synchronized void request(String why) {
    if (reason == null) {
      nanos = System.nanoTime();
      reason = why;
    }
  }

  /** Whether a stop was requested. */
  public boolean requested() {
    return reason != null;
  }

  /** Seconds since the request. */
  public double seconds() {
    return (System.nanoTime() - nanos) / 1e9;
  }

  /** The reason, or null if no stop was requested. */
  public String reason() {
    return reason;
  }
}
