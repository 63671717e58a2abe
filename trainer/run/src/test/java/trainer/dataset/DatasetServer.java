package trainer.dataset;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import trainer.file.ByteProgress;
import trainer.file.Sha256;

/** A server on this machine with one file of random bytes, and a folder to download it to. */
abstract class DatasetServer {
  @TempDir Path directory;

  final byte[] content = new byte[300_000];
  final AtomicInteger requests = new AtomicInteger();
  private final ExecutorService executor = Executors.newCachedThreadPool();
  String sha256;
  HttpServer server;

  @BeforeEach
  void start() throws IOException {
    new Random(1).nextBytes(content);
    sha256 = HexFormat.of().formatHex(Sha256.digest().digest(content));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(executor);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    executor.shutdownNow();
  }

  void serve(HttpHandler handler) {
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          try (exchange) {
            handler.handle(exchange);
          }
        });
  }

  /** Announces the file, but sends at most {@code most} bytes of it. */
  void answer(HttpExchange exchange, int most) throws IOException {
    exchange.sendResponseHeaders(200, content.length);
    OutputStream body = exchange.getResponseBody();
    body.write(content, 0, Math.min(most, content.length));
    body.flush();
  }

  URI url() {
    return URI.create("http://127.0.0.1:%d/text.txt".formatted(server.getAddress().getPort()));
  }

  Path file() {
    return directory.resolve("datasets/text.txt");
  }

  Dataset dataset(URI url) {
    return new Dataset("text", file(), url, content.length, sha256, "", "", "");
  }

  boolean fetch() {
    return DatasetDownload.fetch(dataset(url()), () -> false, ByteProgress.none());
  }

  String byHand() {
    return "put the file at %s by hand; its SHA-256 must be %s".formatted(file(), sha256);
  }
}
