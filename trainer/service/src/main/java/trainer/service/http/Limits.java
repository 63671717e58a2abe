package trainer.service.http;

import java.time.Duration;

/**
 * Limits of a service.
 *
 * @param uploadBytes maximum size of an uploaded text
 * @param queuedRuns maximum length of the queue
 * @param subscribers maximum number of event streams
 * @param idle timeout of idle connections
 * @param body timeout for receiving a request body, uploads excepted
 */
public record Limits(
    long uploadBytes, int queuedRuns, int subscribers, Duration idle, Duration body) {
  private static final int SUBSCRIBERS = 1000;
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final Duration BODY = Duration.ofSeconds(20);

  /** The defaults. */
  public Limits(long uploadBytes, int queuedRuns) {
    this(uploadBytes, queuedRuns, SUBSCRIBERS, IDLE, BODY);
  }
}
