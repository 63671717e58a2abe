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
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import trainer.service.webhook.Targets.Target;

/**
 * One POST over a connection of its own, to an address that was checked: the clients of the JDK
 * look a host up themselves. Nothing of the answer but its status is read, and no redirect is
 * followed.
 */
final class WebhookRequest {
  private static final int CONNECT_MILLISECONDS = 10_000;
  private static final long MOST_NANOS = 20_000_000_000L;
  private static final int STATUS_CHARACTERS = 1000;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9][0-9])(?: .*)?");

  private WebhookRequest() {}

  /** Sends a JSON document; returns the status of the answer. */
  static int post(Target target, Map<String, String> headers, String document) throws IOException {
    long end = System.nanoTime() + MOST_NANOS;
    byte[] body = document.getBytes(StandardCharsets.UTF_8);
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(target.address(), target.port()), CONNECT_MILLISECONDS);
      plain.setSoTimeout(CONNECT_MILLISECONDS);
      try (Socket socket = target.isEncrypted() ? encrypted(plain, target) : plain) {
        OutputStream out = socket.getOutputStream();
        out.write(head(target.uri(), headers, body.length).getBytes(StandardCharsets.US_ASCII));
        out.write(body);
        out.flush();
        return status(line(socket.getInputStream(), end));
      }
    }
  }

  private static SSLSocket encrypted(Socket plain, Target target) throws IOException {
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    SSLSocket socket =
        (SSLSocket) factory.createSocket(plain, target.uri().getHost(), target.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the certificate must be the host's
    socket.setSSLParameters(parameters);
    socket.startHandshake();
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

  private static String line(InputStream in, long end) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int read = in.read(); read >= 0 && read != '\n'; read = in.read()) {
      if (System.nanoTime() > end) {
        throw new SocketTimeoutException("no answer in %d s".formatted(MOST_NANOS / 1_000_000_000));
      }
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
      throw new IOException("the answer is not one of HTTP/1.1");
    }
    return Integer.parseInt(matcher.group(1));
  }
}
