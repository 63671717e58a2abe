package trainer.service.http;

import java.time.Duration;

/**
 * Limits of a service. One token has at most three quarters of each number.
 *
 * @param uploadBytes maximum size of an uploaded text
 * @param queuedRuns maximum length of the queue
 * @param connections maximum number of connections; a few are kept free for new ones
 * @param subscribers maximum number of event streams
 * @param bodies maximum number of request bodies that are being received, uploads excepted
 * @param files maximum number of files that are being sent
 * @param textBytes maximum size of all texts that are being sent
 * @param idle timeout of idle connections
 * @param body timeout for receiving a request body, uploads excepted
 * @param pace timeout for sending a block of 64 KiB of an answer: 1.1 KB/s in a minute
 */
public record Limits(
    long uploadBytes,
    int queuedRuns,
    int connections,
    int subscribers,
    int bodies,
    int files,
    long textBytes,
    Duration idle,
    Duration body,
    Duration pace) {
  private static final int CONNECTIONS = 2000;
  private static final int SUBSCRIBERS = 1000;
  private static final int BODIES = 128; // of up to 300 KiB
  private static final int FILES = 256;
  private static final int SHARE_OF_HEAP = 8; // for texts
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final Duration BODY = Duration.ofSeconds(20);
  private static final Duration PACE = Duration.ofMinutes(1);

  /** The defaults. */
  public Limits(long uploadBytes, int queuedRuns) {
    this(uploadBytes, queuedRuns, SUBSCRIBERS, IDLE, BODY, PACE);
  }

  /** The defaults, except for these. */
  Limits(
      long uploadBytes,
      int queuedRuns,
      int subscribers,
      Duration idle,
      Duration body,
      Duration pace) {
    this(
        uploadBytes,
        queuedRuns,
        CONNECTIONS,
        subscribers,
        BODIES,
        FILES,
        Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP,
        idle,
        body,
        pace);
  }
}
