package trainer.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Watches a run with many connections and asks for its figures, for a while: clients that do next
 * to nothing themselves, to be run as a process of their own. Prints the processor seconds it took,
 * how many bytes of events came, how many streams broke off, and then a line for each request: the
 * milliseconds from when it was due until the whole answer was there.
 */
final class LoadClients {
  private static final int CONNECTIONS = 8; // for the requests

  private final InetSocketAddress address;
  private final List<Double> times = Collections.synchronizedList(new ArrayList<>());
  private long bytes;
  private int broken;

  private LoadClients(int port) {
    address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Port, id of the run, viewers, requests per second, seconds. */
  public static void main(String[] words) throws Exception {
    LoadClients clients = new LoadClients(Integer.parseInt(words[0]));
    clients.run(
        words[1],
        Integer.parseInt(words[2]),
        Integer.parseInt(words[3]),
        Integer.parseInt(words[4]));
    System.out.printf(
        Locale.ROOT,
        "%.3f%n%d%n%d%n",
        ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9,
        clients.bytes,
        clients.broken);
    clients.times.forEach(System.out::println);
  }

  private static byte[] request(String path, String accept) {
    return "GET /api/v1%s HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n\r\n"
        .formatted(path, accept)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void run(String id, int viewers, int requestsPerSecond, int seconds)
      throws IOException, InterruptedException, ExecutionException {
    ScheduledExecutorService clock = Executors.newScheduledThreadPool(CONNECTIONS);
    ThreadLocal<Socket> connection = ThreadLocal.withInitial(this::connect);
    byte[][] requests = {
      request("/runs/" + id, "*/*"),
      request("/runs?limit=50", "*/*"),
      request("/runs/" + id + "/metrics?points=500", "*/*")
    };
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < viewers; i++) {
        SocketChannel channel = SocketChannel.open(address);
        channel.write(ByteBuffer.wrap(request("/runs/" + id + "/events", "text/event-stream")));
        channel.configureBlocking(false).register(selector, SelectionKey.OP_READ);
      }
      long start = System.nanoTime();
      List<Future<?>> asked = new ArrayList<>();
      for (int i = 0; i < seconds * requestsPerSecond; i++) {
        byte[] request = requests[i % requests.length];
        long due = i * 1_000_000_000L / requestsPerSecond;
        asked.add(
            clock.schedule(
                () -> {
                  ask(connection.get(), request);
                  times.add((System.nanoTime() - start - due) / 1e6);
                  return null;
                },
                due,
                TimeUnit.NANOSECONDS));
      }
      read(selector, start + seconds * 1_000_000_000L);
      for (Future<?> each : asked) {
        each.get();
      }
    }
    clock.shutdown();
  }

  private Socket connect() {
    try {
      Socket socket = new Socket(address.getAddress(), address.getPort());
      socket.setTcpNoDelay(true);
      return socket;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Reads what comes to the viewers, until a time. */
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
