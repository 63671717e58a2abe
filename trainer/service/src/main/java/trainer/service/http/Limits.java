package trainer.service.http;

import java.time.Duration;

/**
 * How much a service takes on.
 *
 * @param uploadBytes largest text that may be uploaded
 * @param queuedRuns so many may wait
 * @param subscribers so many may watch runs at a time
 * @param idle after it a connection on which nothing moves is closed
 * @param body so long may the body of a request take, beside a text that is uploaded
 */
public record Limits(
    long uploadBytes, int queuedRuns, int subscribers, Duration idle, Duration body) {
  private static final int SUBSCRIBERS = 1000;
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final Duration BODY = Duration.ofSeconds(20);

  /** Those of a service in use. */
  public Limits(long uploadBytes, int queuedRuns) {
    this(uploadBytes, queuedRuns, SUBSCRIBERS, IDLE, BODY);
  }
}
