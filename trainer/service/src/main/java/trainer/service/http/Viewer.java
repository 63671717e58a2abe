package trainer.service.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import trainer.service.http.Announcement.Told;

/**
 * Somebody who watches a run, and what they have been told of it. Nobody waits for them to read it;
 * until it is sent they are told nothing more, and once nothing of it can be sent for as long as a
 * connection may be idle, they are gone.
 */
final class Viewer {
  private static final ByteBuffer STILL_HERE =
      ByteBuffer.wrap(": still here\n\n".getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer();

  private final String id;
  private final Response response;
  private final long silenceNanos;
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private volatile boolean sending;
  private Told told = Told.NOTHING;
  private long toldNanos = System.nanoTime();

  /**
   * @param response what they are told goes there as the server is given it, beside the blocking
   *     stream of servlets
   * @param silenceNanos after it they are told that somebody is here, which finds out whether they
   *     are
   */
  Viewer(String id, Response response, long silenceNanos) {
    this.id = id;
    this.response = response;
    this.silenceNanos = silenceNanos;
  }

  /** Of the run. */
  String id() {
    return id;
  }

  /** Whether what they were told before has been sent. */
  boolean isReady() {
    return !sending;
  }

  /** Tells what is new, to one who {@link #isReady}. */
  void tell(News news) {
    Announcement announcement = news.since(told);
    told = announcement.told();
    if (announcement.bytes().hasRemaining()) {
      send(announcement.bytes(), news.areLast());
    } else if (System.nanoTime() - toldNanos > silenceNanos) {
      send(STILL_HERE, false);
    }
  }

  private void send(ByteBuffer bytes, boolean last) {
    sending = true;
    toldNanos = System.nanoTime();
    response.write(
        false,
        bytes.duplicate(),
        Callback.from(
            () -> {
              sending = false;
              if (last) {
                end();
              }
            },
            failure -> end()));
  }

  /** Ends the stream. */
  void end() {
    gone.complete(null);
  }

  /** Completes when the stream has ended, or nobody reads it any more. */
  CompletableFuture<Void> gone() {
    return gone;
  }
}
