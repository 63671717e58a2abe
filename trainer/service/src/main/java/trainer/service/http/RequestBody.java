package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.Content;

/**
 * Receives the bodies of requests within limits of number, size and time. No thread waits for a
 * client: a body is complete before its request gets one.
 */
final class RequestBody {
  /** Maximum size of the largest body: a schedule with its configuration. */
  static final int MOST_BYTES = 300 * 1024;

  private static final String BODY = "body";

  private final Duration timeout;
  private final Quota bodies;

  RequestBody(Limits limits) {
    timeout = limits.body();
    bodies =
        new Quota(
            limits.bodies(),
            5,
            "%d request bodies are being received, the limit: retry later"
                .formatted(limits.bodies()));
  }

  /** Completes when the body is there, for {@link #read}; fails with an {@link ApiProblem}. */
  CompletableFuture<Void> receive(Context context) {
    Quota.Held held = bodies.take(context);
    ServletContextRequest request = ServletContextRequest.getServletContextRequest(context.req());
    Receiver receiver = new Receiver(request);
    receiver.run();
    return receiver
        .body
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .handleAsync(
            (body, failure) -> {
              held.close();
              if (failure != null) {
                throw refused(failure);
              }
              context.attribute(BODY, body);
              return null;
            },
            request.getComponents().getExecutor());
  }

  private CompletionException refused(Throwable failure) {
    if (failure instanceof TimeoutException) {
      return new CompletionException(
          new ApiProblem(
              HttpStatus.REQUEST_TIMEOUT,
              String.format(
                  Locale.ROOT,
                  "the body took more than %.1f s: send it again",
                  timeout.toMillis() / 1e3)));
    }
    return failure instanceof ApiProblem
        ? new CompletionException(failure)
        : new CompletionException(
            new ApiProblem(HttpStatus.BAD_REQUEST, "the body is incomplete: send it again"));
  }

  /** Reads what has arrived, and is called again when there is more. */
  private static final class Receiver implements Runnable {
    private final Content.Source source;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();

    Receiver(Content.Source source) {
      this.source = source;
    }

    @Override
    public void run() {
      while (!body.isDone()) {
        Content.Chunk chunk = source.read();
        if (chunk == null) {
          source.demand(this);
          return;
        }
        if (Content.Chunk.isFailure(chunk)) {
          body.completeExceptionally(chunk.getFailure());
          return;
        }
        byte[] block = new byte[chunk.remaining()];
        chunk.get(block, 0, block.length);
        boolean last = chunk.isLast();
        chunk.release();
        bytes.writeBytes(block);
        if (bytes.size() > MOST_BYTES) {
          body.completeExceptionally(tooLarge(MOST_BYTES));
        } else if (last) {
          body.complete(bytes.toByteArray());
        }
      }
    }
  }

  /** The body that was received. */
  static byte[] read(Context context, int maximumBytes) {
    byte[] body = context.attribute(BODY);
    if (body.length > maximumBytes) {
      throw tooLarge(maximumBytes);
    }
    return body;
  }

  private static ApiProblem tooLarge(int maximumBytes) {
    return new ApiProblem(
        HttpStatus.CONTENT_TOO_LARGE,
        String.format(Locale.ROOT, "the body has more than %,d bytes", maximumBytes));
  }
}
