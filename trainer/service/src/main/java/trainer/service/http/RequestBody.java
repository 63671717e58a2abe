package trainer.service.http;

import io.javalin.config.Key;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Reads request bodies within limits of size and time. */
final class RequestBody {
  /** Timeout for a whole body. */
  static final Key<Duration> MOST_TIME = new Key<>("time of a body");

  private static final int BLOCK_BYTES = 8192;

  private RequestBody() {}

  static byte[] read(Context context, int maximumBytes) {
    try {
      return readAll(context, maximumBytes);
    } catch (IOException e) {
      throw new ApiProblem(HttpStatus.BAD_REQUEST, "the body is incomplete: send it again");
    }
  }

  private static byte[] readAll(Context context, int maximumBytes) throws IOException {
    Duration most = context.appData(MOST_TIME);
    long start = System.nanoTime();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] block = new byte[BLOCK_BYTES];
    InputStream in = context.req().getInputStream();
    for (int read = in.read(block); read >= 0; read = in.read(block)) {
      body.write(block, 0, read);
      if (body.size() > maximumBytes) {
        throw new ApiProblem(
            HttpStatus.CONTENT_TOO_LARGE,
            "the body has more than %,d bytes".formatted(maximumBytes));
      }
      if (System.nanoTime() - start > most.toNanos()) {
        throw new ApiProblem(
            HttpStatus.REQUEST_TIMEOUT,
            "the body took more than %.1f s: send it again".formatted(most.toMillis() / 1e3));
      }
    }
    return body.toByteArray();
  }
}
