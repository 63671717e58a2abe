package trainer.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slow strangers, and a process without file descriptors. */
@Timeout(30)
class ListenerTest {
  private static final int DRIPS = 74; // bytes of the handshake

  @Test
  @Tag("slow")
  void aStrangerThatSendsAByteNowAndThenIsGivenUp() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      Link.daemon("dripping", () -> drip(server)).start();
      assertThatThrownBy(
              () ->
                  Handshake.withNewSecret(false)
                      .connectOnce("127.0.0.1", server.getLocalPort(), 0, 0))
          .isInstanceOf(IOException.class);
    }
  }

  private static void drip(ServerSocket server) {
    try (Socket socket = server.accept()) {
      OutputStream out = socket.getOutputStream();
      for (int i = 0; i < DRIPS; i++) {
        out.write(0);
        Thread.sleep(Handshake.LIMIT.toMillis() / 5);
      }
    } catch (IOException | InterruptedException e) {
      // it was given up
    }
  }

  @Test
  void aListenerWithoutDescriptorsWaits() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    ServerSocket exhausted =
        new ServerSocket(0, 0, InetAddress.getLoopbackAddress()) {
          @Override
          public Socket accept() throws IOException {
            tries.incrementAndGet();
            throw new SocketException("Too many open files");
          }
        };
    try (Listener listener = new Listener(exhausted, Handshake.withNewSecret(false))) {
      assertThat(listener.next(500)).isNull();
    }
    assertThat(tries).hasValueBetween(1, 20);
  }
}
