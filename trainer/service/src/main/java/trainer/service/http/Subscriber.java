package trainer.service.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import trainer.service.http.EventBatch.Cursor;

/**
 * An SSE client of one run, and its position in the stream. Writes do not block: while one is in
 * flight nothing more is sent, and a client that accepts no bytes for the idle timeout is dropped.
 */
final class Subscriber {

  private static final ByteBuffer KEEP_ALIVE =
      ByteBuffer.wrap(": still here\n\n".getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer();

  private final String id;
  private final Function<ByteBuffer, CompletableFuture<Void>> stream;
  private final long silenceNanos;
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  private volatile boolean sending = true; // until the first write has ended
  private Cursor cursor = Cursor.START;
  private long sentNanos = System.nanoTime();

  /**
   * @param id of the run
   * @param stream writes without blocking
   * @param silenceNanos after it a keep-alive comment is sent, which reveals a lost client
   */
  Subscriber(String id, Function<ByteBuffer, CompletableFuture<Void>> stream, long silenceNanos) {
    this.id = id;
    this.stream = stream;
    this.silenceNanos = silenceNanos;
  }

  String id() {
    return id;
  }

  /** Whether no write is in flight. */
  boolean isReady() {
    return !sending;
  }

  /** Sends what is new; call first once it is registered, then only if {@link #isReady}. */
  void send(RunSnapshot snapshot) {
    EventBatch batch = snapshot.since(cursor);
    cursor = batch.cursor();
    if (batch.bytes().hasRemaining()) {
      write(batch.bytes(), snapshot.isLast());
    } else if (System.nanoTime() - sentNanos > silenceNanos) {
      write(KEEP_ALIVE, false);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // its failure closes the stream
  private void write(ByteBuffer bytes, boolean last) {
    sending = true;
    sentNanos = System.nanoTime();
    stream
        .apply(bytes)
        .whenComplete(
            (nothing, failure) -> {
              sending = failure != null;
              if (last || failure != null) {
                close();
              }
            });
  }

  void close() {
    closed.complete(null);
  }

  /** Completes when the stream was closed or the client is lost. */
  CompletableFuture<Void> closed() {
    return closed;
  }
}
