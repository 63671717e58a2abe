package trainer.cluster;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An authenticated connection. A message is its length (4 bytes, little endian), its type and the
 * payload; type and payload may be encrypted, and their length is then that of what is sent. Each
 * end says once a second that it is alive: one that is silent for {@link #LIMIT_MILLISECONDS} has
 * stopped, or the network between has, and the connection is lost. One thread sends, one receives.
 */
final class Link implements Closeable {
  /** Longest silence. */
  static final int LIMIT_MILLISECONDS = 10_000;

  private static final int ALIVE_MILLISECONDS = 1_000;
  private static final int LENGTH_BYTES = 4;
  private static final int HEADER = LENGTH_BYTES + 1; // and the type
  private static final byte ALIVE = 0;
  private static final Message STILL_HERE = new Message(ALIVE, 0, to -> {}, () -> {});

  private final Socket socket;
  private final MessageCipher.Keys keys; // null: not encrypted
  private final int longest;
  private final Receiver receiver;
  private final BlockingQueue<Message> outgoing = new LinkedBlockingQueue<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile IOException failure;

  /** Called by the link's own threads. */
  interface Receiver {
    /**
     * A message.
     *
     * @param payload reused after the call
     * @throws IOException if it is malformed: the link is lost
     */
    void received(byte type, ByteBuffer payload) throws IOException;

    /** Once, when nothing will be received any more. */
    void lost(IOException reason);
  }

  /** Writes a payload, when it is sent. */
  interface Payload {
    void write(ByteBuffer to);
  }

  private record Message(byte type, int length, Payload payload, Runnable sent) {}

  /**
   * @param longest payload that may be received, in bytes
   */
  Link(Connection connection, int longest, Receiver receiver) throws IOException {
    socket = connection.socket();
    keys = connection.keys();
    this.longest = longest;
    this.receiver = receiver;
    socket.setSoTimeout(LIMIT_MILLISECONDS);
  }

  void start(String name) {
    daemon(name + "-send", this::send).start();
    daemon(name + "-receive", this::receive).start();
  }

  static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is of no use any more
    }
  }

  /** Queues a message. */
  void send(byte type, int length, Payload payload) {
    send(type, length, payload, () -> {});
  }

  /**
   * Queues a message.
   *
   * @param sent called when the payload has been written
   */
  void send(byte type, int length, Payload payload, Runnable sent) {
    outgoing.add(new Message(type, length, payload, sent));
  }

  private void send() {
    ByteBuffer buffer = ByteBuffer.allocate(0);
    byte[] encrypted = new byte[0];
    MessageCipher cipher = keys == null ? null : keys.sending();
    try {
      OutputStream out = socket.getOutputStream();
      while (!ended.get()) {
        Message message = outgoing.poll(ALIVE_MILLISECONDS, TimeUnit.MILLISECONDS);
        if (message == null) {
          message = STILL_HERE;
        }
        int length = HEADER + message.length;
        if (buffer.capacity() < length) {
          buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
          encrypted = new byte[cipher == null ? 0 : length + MessageCipher.TAG_BYTES];
        }
        buffer.clear().putInt(message.length).put(message.type);
        message.payload.write(buffer);
        if (cipher == null) {
          out.write(buffer.array(), 0, length);
        } else {
          int sent = cipher.next(buffer.array(), LENGTH_BYTES, length - LENGTH_BYTES, encrypted);
          buffer.putInt(0, sent);
          out.write(buffer.array(), 0, LENGTH_BYTES);
          out.write(encrypted, 0, sent);
        }
        message.sent.run();
      }
    } catch (IOException e) {
      end(e);
    } catch (InterruptedException | RuntimeException | Error e) {
      end(new IOException(e));
    }
  }

  private void receive() {
    byte[] buffer = new byte[0];
    byte[] decrypted = new byte[0];
    MessageCipher cipher = keys == null ? null : keys.receiving();
    // What follows the length of a message, besides the payload, which the length may count.
    int counted = cipher == null ? 0 : 1 + MessageCipher.TAG_BYTES;
    int uncounted = cipher == null ? 1 : 0;
    try {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      while (true) {
        int length = Integer.reverseBytes(in.readInt());
        if (length < counted || length - counted > longest) {
          throw new IOException("a message of " + length + " bytes, more than " + longest);
        }
        int size = length + uncounted;
        if (buffer.length < size) {
          buffer = new byte[size];
          decrypted = new byte[cipher == null ? 0 : size];
        }
        in.readFully(buffer, 0, size);
        if (cipher != null) {
          size = cipher.next(buffer, 0, size, decrypted);
        }
        byte[] message = cipher == null ? buffer : decrypted;
        if (message[0] != ALIVE) {
          ByteBuffer payload = ByteBuffer.wrap(message, 1, size - 1).slice();
          receiver.received(message[0], payload.order(ByteOrder.LITTLE_ENDIAN));
        }
      }
    } catch (SocketTimeoutException e) {
      end(new IOException("silent for " + LIMIT_MILLISECONDS / 1000 + " s"));
    } catch (IOException e) {
      end(e);
    } catch (RuntimeException e) {
      end(new IOException("a malformed message", e));
    } catch (Error e) {
      end(new IOException(e)); // such as too little memory: the other end would wait for ever
    }
  }

  private void end(IOException reason) {
    if (ended.compareAndSet(false, true)) {
      failure = reason;
      close(socket);
      receiver.lost(reason);
    }
  }

  /** Why nothing is received any more; null as long as something may be. */
  IOException failure() {
    return failure;
  }

  @Override
  public void close() {
    end(new IOException("closed"));
  }

  /** What to tell a user of a lost connection. */
  static String words(IOException reason) {
    String message = reason.getMessage();
    return message == null ? "its connection was closed" : message;
  }
}
