package trainer.service.webhook;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import trainer.service.Threads;
import trainer.service.webhook.Targets.Target;

/**
 * Sends POST requests to checked addresses, one connection each. The JDK's clients are unsuitable
 * because they resolve hosts themselves. Reads only the status and follows no redirects.
 */
final class WebhookClient implements AutoCloseable {
  private static final int CONNECT_MILLISECONDS = 10_000;
  private static final int STATUS_CHARACTERS = 1000;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9][0-9])(?: .*)?");

  private final Supplier<SSLSocketFactory> encryption;
  private final Duration limit;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("webhook clock"));

  /**
   * @param encryption decides which certificates are trusted; created on demand
   * @param limit timeout of a request
   */
  WebhookClient(Supplier<SSLSocketFactory> encryption, Duration limit) {
    this.encryption = encryption;
    this.limit = limit;
  }

  /**
   * Sends a JSON document; returns the status.
   *
   * @throws IOException if no answer arrives in time; the message says why
   */
  int post(Target target, Map<String, String> headers, String document) throws IOException {
    byte[] body = document.getBytes(StandardCharsets.UTF_8);
    try (Socket plain = new Socket()) {
      AtomicBoolean late = new AtomicBoolean();
      // Bounds the whole request, also if the peer sends a byte now and then.
      ScheduledFuture<?> end =
          clock.schedule(() -> cut(plain, late), limit.toMillis(), TimeUnit.MILLISECONDS);
      try {
        plain.connect(new InetSocketAddress(target.address(), target.port()), CONNECT_MILLISECONDS);
        try (Socket socket = target.isEncrypted() ? encrypted(plain, target) : plain) {
          OutputStream out = socket.getOutputStream();
          out.write(head(target.uri(), headers, body.length).getBytes(StandardCharsets.US_ASCII));
          out.write(body);
          out.flush();
          return status(line(socket.getInputStream()));
        }
      } catch (IOException e) {
        throw late.get()
            ? new SocketTimeoutException("no answer in %s s".formatted(limit.toMillis() / 1000.0))
            : e;
      } finally {
        end.cancel(false);
      }
    }
  }

  private static Void cut(Socket socket, AtomicBoolean late) throws IOException {
    late.set(true);
    socket.close();
    return null;
  }

  private SSLSocket encrypted(Socket plain, Target target) throws IOException {
    String host = target.uri().getHost();
    SSLSocket socket = (SSLSocket) encryption.get().createSocket(plain, host, target.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS"); // check the host name
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
    } catch (SSLException e) {
      throw new IOException(
          e.getCause() instanceof CertificateException
              ? "the certificate of %s is not trusted (%s): if its authority is your own, start the service with java -Djavax.net.ssl.trustStore=FILE"
                  .formatted(host, e.getMessage())
              : "no TLS connection to %s, port %d (%s): does it speak https?"
                  .formatted(host, target.port(), e.getMessage()),
          e);
    }
    return socket;
  }

  private static String head(URI uri, Map<String, String> headers, int length) {
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String host = uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
    StringBuilder head = new StringBuilder();
    head.append("POST %s%s HTTP/1.1\r\nHost: %s\r\n".formatted(path, query, host));
    head.append("Content-Type: application/json\r\nContent-Length: %s\r\n".formatted(length));
    head.append("User-Agent: trainer\r\nConnection: close\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    return head.append("\r\n").toString();
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read >= 0 && read != '\n'; read = in.read()) {
      if (line.size() >= STATUS_CHARACTERS) {
        break;
      }
      line.write(read);
    }
    return line.toString(StandardCharsets.ISO_8859_1).strip();
  }

  private static int status(String line) throws IOException {
    Matcher matcher = STATUS.matcher(line);
    if (!matcher.matches()) {
      throw new IOException("the answer is not HTTP/1.1");
    }
    return Integer.parseInt(matcher.group(1));
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
