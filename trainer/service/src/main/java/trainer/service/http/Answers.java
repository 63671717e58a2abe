package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;

/**
 * Sends answers within limits of number and size, at the pace of their clients. No thread waits for
 * a client, and one that reads too slowly loses its connection.
 */
final class Answers implements AutoCloseable {
  private static final int BLOCK_BYTES = 1 << 16; // in the 60 s of the limits: 1.1 KB/s
  private static final int LEAST_BYTES = 1500; // a packet
  private static final Pattern COMPRESSIBLE =
      Pattern.compile("text/.*|application/(problem\\+)?(json|yaml)|image/svg.*");
  private static final Pattern GZIP = Pattern.compile("(?i)\\bgzip\\b(?!\\s*;\\s*q=0(\\.0*)?\\b)");

  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
  private static final String FILE = "file";
  private static final String STREAMED = "streamed";

  private final Duration pace;
  private final Quota files;
  private final Quota texts; // in bytes
  private final ScheduledThreadPoolExecutor clock =
      new ScheduledThreadPoolExecutor(1, Threads.daemons("answer clock"));

  Answers(Limits limits) {
    clock.setRemoveOnCancelPolicy(true);
    pace = limits.pace();
    files =
        new Quota(
            limits.files(),
            5,
            "%d files are being sent, the limit: retry later".formatted(limits.files()));
    texts = new Quota(limits.textBytes(), 5, "too many texts are being sent: retry later");
  }

  /**
   * Takes the result's part of the limits, and compresses a text if its client reads gzip. Short
   * texts and those that are the same for all are neither counted nor compressed.
   *
   * @throws ApiProblem 503 if there is none
   */
  void prepare(Context context) {
    if (context.resultInputStream() instanceof ByteArrayInputStream text
        && text.available() >= LEAST_BYTES
        && !FixedText.isIn(context)) {
      holdUntilSent(context, texts.take(context, text.available()));
      compress(context, text);
    }
    InputStream file = context.attribute(FILE);
    if (file != null) {
      try {
        holdUntilSent(context, files.take(context));
      } catch (ApiProblem e) {
        context.attribute(FILE, null);
        close(file);
        throw e;
      }
    }
  }

  /** Answers with a file, which is closed when it has been sent. */
  static void file(Context context, FileChannel file) throws IOException {
    setLength(context, file.size());
    context.attribute(FILE, Channels.newInputStream(file));
  }

  /**
   * Announces the length of the result. The servlet must not know it: it does not see the blocks
   * and would take the answer for incomplete.
   */
  private static void setLength(Context context, long bytes) {
    Response response = request(context).getServletContextResponse().getWrapped();
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes);
  }

  /** Keeps what is held until the request has been answered or its client is lost. */
  static void holdUntilSent(Context context, Quota.Held held) {
    Request.addCompletionListener(request(context), failure -> held.close());
  }

  static ServletContextRequest request(Context context) {
    return ServletContextRequest.getServletContextRequest(context.req());
  }

  private static void compress(Context context, ByteArrayInputStream text) {
    String type = String.valueOf(context.res().getContentType()).replaceFirst(";.*", "");
    if (COMPRESSIBLE.matcher(type).matches()) {
      context.header("Vary", "Accept-Encoding");
      if (readsGzip(context)) {
        context.header("Content-Encoding", "gzip");
        context.result(compressed(text.readAllBytes()));
      }
    }
  }

  static boolean readsGzip(Context context) {
    String accepted = context.header("Accept-Encoding");
    return accepted != null && GZIP.matcher(accepted).find();
  }

  static byte[] compressed(byte[] text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text);
    } catch (IOException e) {
      throw new UncheckedIOException("in memory", e);
    }
    return bytes.toByteArray();
  }

  /** Sends the result, if there is one; does not fail. */
  CompletableFuture<Void> send(Context context) {
    ServletContextRequest request = request(context);
    InputStream file = context.attribute(FILE);
    InputStream result = file == null ? context.resultInputStream() : file;
    if (result == null) {
      return CompletableFuture.completedFuture(null);
    }
    if (!request.consumeAvailable()) {
      context.header("Connection", "close"); // the rest of the body is not the next request
    }
    if (result instanceof ByteArrayInputStream text) {
      context.result(InputStream.nullInputStream()); // Javalin would block
      setLength(context, text.available());
    }
    if (context.method().equals(HandlerType.HEAD)) {
      close(result);
      return CompletableFuture.completedFuture(null);
    }
    ByteBufferPool pool = request.getComponents().getByteBufferPool();
    return stream(
            request,
            Content.Source.from(new ByteBufferPool.Sized(pool, false, BLOCK_BYTES), result))
        .handle(
            (nothing, failure) -> {
              close(result);
              if (failure != null) {
                LOG.debug("answer aborted", failure); // the client disconnected
                abort(request);
              }
              return null;
            });
  }

  private static void close(InputStream result) {
    try {
      result.close();
    } catch (IOException e) {
      throw new UncheckedIOException("it was only read", e);
    }
  }

  /**
   * Sends content as it comes while the route is still running. If the content fails, the
   * connection is closed, so that what was sent is not taken for the whole.
   */
  CompletableFuture<Void> stream(Context context, Content.Source content) {
    ServletContextRequest request = request(context);
    CompletableFuture<Void> sent =
        stream(request, content)
            .whenComplete(
                (nothing, failure) -> {
                  if (failure != null) {
                    abort(request);
                  }
                });
    streamed(context, sent);
    return sent;
  }

  /** Lets a request end with a stream. */
  static void streamed(Context context, CompletableFuture<Void> ended) {
    context.attribute(STREAMED, ended);
  }

  /** Completes when the stream that the route began has ended; at once if there is none. */
  static CompletableFuture<Void> streamed(Context context) {
    CompletableFuture<Void> ended = context.attribute(STREAMED);
    return ended == null ? CompletableFuture.completedFuture(null) : ended;
  }

  /**
   * Sends content as it comes; a block that its client does not read in time ends the connection.
   */
  CompletableFuture<Void> stream(ServletContextRequest request, Content.Source content) {
    Response response = request.getServletContextResponse();
    CompletableFuture<Void> sent = new CompletableFuture<>();
    Content.copy(
        content,
        (last, block, written) -> {
          ScheduledFuture<?> limit =
              clock.schedule(() -> abort(request), pace.toMillis(), TimeUnit.MILLISECONDS);
          Callback ended = Callback.from(() -> limit.cancel(false), written);
          response.write(false, block, ended); // the servlet sends the last one
        },
        Callback.from(() -> sent.complete(null), sent::completeExceptionally));
    return sent;
  }

  /** Sends a buffer in blocks. */
  CompletableFuture<Void> stream(ServletContextRequest request, ByteBuffer bytes) {
    List<ByteBuffer> blocks = new ArrayList<>();
    for (int start = bytes.position(); start < bytes.limit(); start += BLOCK_BYTES) {
      blocks.add(bytes.slice(start, Math.min(BLOCK_BYTES, bytes.limit() - start)));
    }
    return stream(request, Content.Source.from(blocks.toArray(ByteBuffer[]::new)));
  }

  private static void abort(ServletContextRequest request) {
    request.getConnectionMetaData().getConnection().getEndPoint().close();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
