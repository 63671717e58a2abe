package trainer.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an encrypted connection shows to others, and what it does if they change it. */
@Timeout(30)
class LinkTest {
  private static final String TEXT = "from fairest creatures we desire increase";

  private static final byte TOO_LARGE = 8;

  /** Between the two ends stands one who reads and writes what it likes. */
  private final ServerSocket[] servers = new ServerSocket[2];

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private Link sender;
  private Link receiver;
  private DataInputStream between;
  private OutputStream onwards;

  @BeforeEach
  void connect() throws IOException, InterruptedException {
    for (int i = 0; i < 2; i++) {
      servers[i] = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    }
    Handshake handshake = Handshake.withNewSecret(true);
    BlockingQueue<Handshake.Guest> guests = new LinkedBlockingQueue<>();
    Thread accepting =
        Link.daemon(
            "accepting",
            () -> {
              try {
                guests.add(handshake.accept(servers[1].accept()));
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    accepting.start();
    BlockingQueue<Socket> relayed = new LinkedBlockingQueue<>();
    Link.daemon("relay", () -> relay(relayed)).start();
    Connection connection =
        handshake.connectOnce(
            servers[0].getInetAddress().getHostAddress(), servers[0].getLocalPort(), 3, 0);
    Handshake.Guest guest = guests.take();
    between = new DataInputStream(relayed.take().getInputStream());
    onwards = relayed.take().getOutputStream();
    sender = new Link(connection, 100, new Keeping());
    receiver = new Link(guest.connection(), 100, new Keeping());
    receiver.start("receiver");
  }

  /** Passes the handshake on, then hands over what it reads from and what it writes to. */
  private void relay(BlockingQueue<Socket> relayed) {
    try {
      Socket left = servers[0].accept();
      Socket right = new Socket(servers[1].getInetAddress(), servers[1].getLocalPort());
      pass(right, left, 10 + 32);
      pass(left, right, 10 + 32 + 8 + 32);
      pass(right, left, 32);
      relayed.add(left);
      relayed.add(right);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void pass(Socket from, Socket to, int bytes) throws IOException {
    to.getOutputStream().write(from.getInputStream().readNBytes(bytes));
  }

  private final class Keeping implements Link.Receiver {
    @Override
    public void received(byte type, ByteBuffer payload) {
      if (type == TOO_LARGE) {
        throw new OutOfMemoryError("Java heap space");
      }
      received.add(type + UTF_8.decode(payload).toString());
    }

    @Override
    public void lost(IOException reason) {
      received.add("lost: " + reason.getMessage());
    }
  }

  @AfterEach
  void close() throws IOException {
    sender.close();
    receiver.close();
    for (ServerSocket server : servers) {
      server.close();
    }
  }

  private void send() {
    byte[] bytes = TEXT.getBytes(UTF_8);
    sender.send((byte) 7, bytes.length, to -> to.put(bytes));
  }

  /** The next message, as it is on the wire. */
  private byte[] onTheWire() throws IOException {
    int length = between.readInt();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(ByteBuffer.allocate(4).putInt(length).array());
    whole.write(between.readNBytes(Integer.reverseBytes(length)));
    return whole.toByteArray();
  }

  private String next() throws InterruptedException {
    return received.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void othersSeeNoTextAndTwoEqualMessagesDiffer() throws Exception {
    send();
    send();
    sender.start("sender");
    byte[] first = onTheWire();
    byte[] second = onTheWire();
    assertThat(new String(first, UTF_8))
        .doesNotContain("fair")
        .isNotEqualTo(new String(second, UTF_8));
    onwards.write(first);
    onwards.write(second);
    assertThat(next()).isEqualTo("7" + TEXT);
    assertThat(next()).isEqualTo("7" + TEXT);
  }

  @Test
  void aChangedMessageEndsTheConnection() throws Exception {
    send();
    sender.start("sender");
    byte[] message = onTheWire();
    message[20] ^= 1;
    onwards.write(message);
    assertThat(next()).isEqualTo("lost: a message that was changed on its way");
  }

  @Test
  void aMessageThatIsSentAgainEndsTheConnection() throws Exception {
    send();
    sender.start("sender");
    byte[] message = onTheWire();
    onwards.write(message);
    onwards.write(message);
    assertThat(next()).isEqualTo("7" + TEXT);
    assertThat(next()).isEqualTo("lost: a message that was changed on its way");
  }

  @Test
  void aLengthWithoutRoomForATagEndsTheConnection() throws Exception {
    onwards.write(new byte[] {16, 0, 0, 0});
    assertThat(next()).startsWith("lost: a message of 16 bytes");
  }

  /** Each end says that it is alive, so that the other would wait for an answer for ever. */
  @Test
  void anEndWithoutMemoryForAMessageEndsTheConnection() throws Exception {
    sender.send(TOO_LARGE, 0, to -> {});
    sender.start("sender");
    onwards.write(onTheWire());
    assertThat(next()).isEqualTo("lost: java.lang.OutOfMemoryError: Java heap space");
  }
}
