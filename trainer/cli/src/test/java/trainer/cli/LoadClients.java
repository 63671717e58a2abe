package trainer.cli;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Load generator: subscribes to a run with many connections, or sends requests at a fixed rate. It
 * is a process of its own that stays up, so that its start is not measured. Each input line is a
 * number of seconds to generate load. The answer is the line {@code connected} and, at the end, a
 * line of figures separated by spaces: CPU seconds used, bytes of events received, streams aborted,
 * and for each request the milliseconds from its due time to the complete response.
 */
final class LoadClients {
  private static final int CONNECTIONS = 8; // for the requests

  private final InetSocketAddress address;
  private final String id;
  private final int subscribers;
  private final int requestsPerSecond;
  private final List<byte[]> requests;
  private final List<Socket> connections = new ArrayList<>();
  private final List<Double> times = new ArrayList<>();
  private long bytes;
  private int broken;

  private LoadClients(int port, String id, int subscribers, int requestsPerSecond) {
    address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.id = id;
    this.subscribers = subscribers;
    this.requestsPerSecond = requestsPerSecond;
    requests =
        List.of(
            request("/runs/" + id, "*/*"),
            request("/runs?limit=50", "*/*"),
            request("/runs/" + id + "/metrics?points=500", "*/*"));
  }

  /** Arguments: port, run id, subscribers, requests per second. */
  public static void main(String[] words) throws Exception {
    LoadClients clients =
        new LoadClients(
            Integer.parseInt(words[0]),
            words[1],
            Integer.parseInt(words[2]),
            Integer.parseInt(words[3]));
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      clients.run(Integer.parseInt(line));
    }
  }

  private static double processorSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  private static byte[] request(String path, String accept) {
    return "GET /api/v1%s HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n\r\n"
        .formatted(path, accept)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void run(int seconds) throws IOException, InterruptedException {
    times.clear();
    bytes = 0;
    broken = 0;
    try (Selector selector = Selector.open()) {
      List<SocketChannel> channels = new ArrayList<>();
      for (int i = 0; i < subscribers; i++) {
        SocketChannel channel = SocketChannel.open(address);
        channel.write(ByteBuffer.wrap(request("/runs/" + id + "/events", "text/event-stream")));
        channel.configureBlocking(false).register(selector, SelectionKey.OP_READ);
        channels.add(channel);
      }
      for (int i = 0; i < CONNECTIONS && requestsPerSecond > 0; i++) {
        connections.add(connect());
      }
      System.out.println("connected");
      double before = processorSeconds();
      long start = System.nanoTime();
      ask(start, seconds);
      read(selector, start + seconds * 1_000_000_000L);
      StringBuilder line = new StringBuilder();
      line.append(processorSeconds() - before).append(' ').append(bytes).append(' ').append(broken);
      times.forEach(each -> line.append(' ').append(each));
      System.out.println(line);
      for (SocketChannel channel : channels) {
        channel.close();
      }
      for (Socket each : connections) {
        each.close();
      }
      connections.clear();
    }
  }

  /** Sends requests one at a time; latency counts from the due time. */
  private void ask(long start, int seconds) throws IOException, InterruptedException {
    for (int i = 0; i < seconds * requestsPerSecond; i++) {
      long due = start + i * 1_000_000_000L / requestsPerSecond;
      TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
      ask(connections.get(i % CONNECTIONS), requests.get(i % requests.size()));
      times.add((System.nanoTime() - due) / 1e6);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setTcpNoDelay(true);
    return socket;
  }

  /** Reads the subscribers' events until a deadline. */
  private void read(Selector selector, long endNanos) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
    for (long left = endNanos - System.nanoTime(); left > 0; left = endNanos - System.nanoTime()) {
      selector.select(
          key -> {
            int read = read((SocketChannel) key.channel(), buffer.clear());
            if (read < 0) {
              key.cancel();
              broken++;
            } else {
              bytes += read;
            }
          },
          Math.max(1, left / 1_000_000));
    }
  }

  private static int read(SocketChannel channel, ByteBuffer buffer) {
    try {
      return channel.read(buffer);
    } catch (IOException e) {
      return -1;
    }
  }

  private static void ask(Socket socket, byte[] request) throws IOException {
    socket.getOutputStream().write(request);
    InputStream in = new BufferedInputStream(socket.getInputStream());
    String status = line(in);
    if (!status.equals("HTTP/1.1 200 OK")) {
      throw new IOException(status);
    }
    int length = -1; // in chunks
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(header.substring("content-length:".length()).strip());
      }
    }
    if (length >= 0) {
      in.skipNBytes(length);
      return;
    }
    int chunk;
    do {
      chunk = Integer.parseInt(line(in), 16);
      in.skipNBytes(chunk);
      line(in);
    } while (chunk > 0);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int each = in.read(); each != '\n'; each = in.read()) {
      if (each < 0) {
        throw new IOException("the connection was closed");
      }
      if (each != '\r') {
        line.append((char) each);
      }
    }
    return line.toString();
  }
}
