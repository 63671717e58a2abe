package trainer.service.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntUnaryOperator;

/** A server on this machine that webhooks lead to. */
public final class Receiver implements AutoCloseable {
  private final HttpServer server;
  private final List<Message> messages = new CopyOnWriteArrayList<>();

  /** What came. */
  public record Message(String path, Map<String, List<String>> headers, String body) {
    /** The first value of a header. */
    public String header(String name) {
      return headers.get(name).get(0);
    }
  }

  /**
   * @param status of the answer to each request, the first having number 0
   * @param location of redirects, or null
   */
  public Receiver(IntUnaryOperator status, String location) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", exchange -> answer(exchange, status, location));
    server.start();
  }

  private void answer(HttpExchange exchange, IntUnaryOperator status, String location)
      throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    int number = messages.size();
    messages.add(
        new Message(exchange.getRequestURI().toString(), exchange.getRequestHeaders(), body));
    if (location != null) {
      exchange.getResponseHeaders().add("Location", location);
    }
    exchange.sendResponseHeaders(status.applyAsInt(number), -1);
    exchange.close();
  }

  /** Its port. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** What came, in that order. */
  public List<Message> messages() {
    return messages;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
