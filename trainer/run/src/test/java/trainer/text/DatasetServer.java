package trainer.text;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import trainer.file.ByteProgress;
import trainer.file.Sha256;

/** A server on this machine with one file of random bytes, and a folder to download it to. */
abstract class DatasetServer {
  @TempDir Path directory;

  final byte[] content = new byte[300_000];
  final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
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
          String range = exchange.getRequestHeaders().getFirst("Range");
          ranges.add(range == null ? "all" : range);
          try (exchange) {
            handler.handle(exchange);
          }
        });
  }

  /** Answers as a server with ranges does, but sends at most so many bytes at a time. */
  void answer(HttpExchange exchange, int most) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("[^0-9]", ""));
    if (range != null) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
    OutputStream body = exchange.getResponseBody();
    body.write(content, from, Math.min(most, content.length - from));
    body.flush();
  }

  URI url() {
    return URI.create("http://127.0.0.1:%d/text.txt".formatted(server.getAddress().getPort()));
  }

  Path file() {
    return directory.resolve("datasets/text.txt");
  }

  Path part() {
    return directory.resolve("datasets/text.txt.part");
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
