package trainer.cluster;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How both ends of a new connection prove that they know the secret: each sends a nonce and the
 * HMAC-SHA-256 of both nonces. Messages have fixed lengths, and what comes before the proof is not
 * interpreted. The keys of an encrypted connection are two more of these.
 *
 * @param secret at least 128 bits
 * @param encrypts whether connections are encrypted
 */
record Handshake(String secret, boolean encrypts) {
  /** Of a whole handshake: a stranger may send nothing, or a byte now and then. */
  static final Duration LIMIT = Duration.ofSeconds(5);

  private static final Duration CONNECTING = Duration.ofSeconds(20);
  private static final long PAUSE_MILLISECONDS = 500;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final byte[] GREETING = "charrnn 1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int BYTES = 32; // of a nonce and of a proof

  /**
   * The end that connects.
   *
   * @param rank that it says it is
   * @param port that it listens on; 0: none
   */
  record Guest(Connection connection, int rank, int port) {}

  /** A secret of 256 bits. */
  static Handshake withNewSecret(boolean encrypts) {
    return new Handshake(HexFormat.of().formatHex(nonce()), encrypts);
  }

  /** Connects, and proves who it is; tries again for a while if strangers occupy the other end. */
  Connection connect(String host, int port, int rank, int ownPort)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + CONNECTING.toNanos();
    while (true) {
      try {
        return connectOnce(host, port, rank, ownPort);
      } catch (IOException e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        Thread.sleep(PAUSE_MILLISECONDS);
      }
    }
  }

  Connection connectOnce(String host, int port, int rank, int ownPort) throws IOException {
    Socket socket = new Socket();
    Thread deadline = deadline(socket);
    try {
      socket.connect(new InetSocketAddress(host, port), (int) LIMIT.toMillis());
      prepare(socket);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      byte[] greeting = in.readNBytes(GREETING.length);
      byte[] theirs = in.readNBytes(BYTES);
      byte[] ours = nonce();
      out.write(GREETING);
      out.write(ours);
      out.writeInt(rank);
      out.writeInt(ownPort);
      out.write(proof('c', theirs, ours, rank, ownPort));
      out.flush();
      byte[] proof = in.readNBytes(BYTES);
      if (!MessageDigest.isEqual(greeting, GREETING)
          || !MessageDigest.isEqual(proof, proof('a', theirs, ours, rank, ownPort))) {
        throw new IOException("what listens at " + host + ":" + port + " is not part of this run");
      }
      return connection(socket, theirs, ours, 'c', 'a', rank, ownPort);
    } catch (IOException e) {
      socket.close();
      throw e;
    } finally {
      deadline.interrupt();
    }
  }

  /** Closes a socket after {@link #LIMIT}, unless it is interrupted. */
  private static Thread deadline(Socket socket) {
    Thread deadline =
        Link.daemon(
            "cluster-handshake-limit",
            () -> {
              try {
                Thread.sleep(LIMIT.toMillis());
                Link.close(socket);
              } catch (InterruptedException e) {
                // in time
              }
            });
    deadline.start();
    return deadline;
  }

  /** Checks who has connected; closes the socket if this fails. */
  Guest accept(Socket socket) throws IOException {
    Thread deadline = deadline(socket);
    try {
      return acceptInTime(socket);
    } catch (IOException e) {
      Link.close(socket);
      throw e;
    } finally {
      deadline.interrupt();
    }
  }

  private Guest acceptInTime(Socket socket) throws IOException {
    prepare(socket);
    DataInputStream in = new DataInputStream(socket.getInputStream());
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    byte[] ours = nonce();
    out.write(GREETING);
    out.write(ours);
    out.flush();
    byte[] greeting = in.readNBytes(GREETING.length);
    byte[] theirs = in.readNBytes(BYTES);
    int rank = in.readInt();
    int port = in.readInt();
    byte[] proof = in.readNBytes(BYTES);
    if (!MessageDigest.isEqual(greeting, GREETING)
        || !MessageDigest.isEqual(proof, proof('c', ours, theirs, rank, port))) {
      throw new IOException("a connection without the secret of this run");
    }
    out.write(proof('a', ours, theirs, rank, port));
    out.flush();
    return new Guest(connection(socket, ours, theirs, 'a', 'c', rank, port), rank, port);
  }

  private Connection connection(
      Socket socket, byte[] acceptor, byte[] connector, char own, char other, int rank, int port) {
    char send = Character.toUpperCase(own);
    char receive = Character.toUpperCase(other);
    return new Connection(
        socket,
        encrypts
            ? new MessageCipher.Keys(
                proof(send, acceptor, connector, rank, port),
                proof(receive, acceptor, connector, rank, port))
            : null);
  }

  private static void prepare(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) LIMIT.toMillis());
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[BYTES];
    RANDOM.nextBytes(nonce);
    return nonce;
  }

  /**
   * @param side {@code a} of the end that accepts, {@code c} of the one that connects; in capitals
   *     the key of what it sends
   */
  private byte[] proof(char side, byte[] acceptor, byte[] connector, int rank, int port) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
      mac.update((byte) side);
      mac.update(acceptor);
      mac.update(connector);
      mac.update((rank + " " + port).getBytes(StandardCharsets.US_ASCII));
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "Handshake";
  }
}
