package trainer.service.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntUnaryOperator;
import javax.net.ssl.SSLContext;

/** A server on this machine that webhooks lead to. */
public final class Receiver implements AutoCloseable {
  private final HttpServer server;
  private final List<Message> messages = new CopyOnWriteArrayList<>();

  /** A received message. */
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
    this(server(null), status, location);
  }

  private Receiver(HttpServer server, IntUnaryOperator status, String location) {
    this.server = server;
    server.createContext("/", exchange -> answer(exchange, status, location));
    server.start();
  }

  /** One that speaks HTTPS, and takes everything. */
  static Receiver encrypted(SSLContext encryption) {
    return new Receiver(server(encryption), number -> 204, null);
  }

  private static HttpServer server(SSLContext encryption) {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try {
      if (encryption == null) {
        return HttpServer.create(address, 0);
      }
      HttpsServer server = HttpsServer.create(address, 0);
      server.setHttpsConfigurator(new HttpsConfigurator(encryption));
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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

  /** The received messages, in order. */
  public List<Message> messages() {
    return messages;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
