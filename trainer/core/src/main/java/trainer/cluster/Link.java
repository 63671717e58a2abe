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
 * payload. Each end says once a second that it is alive: one that is silent for {@link
 * #LIMIT_MILLISECONDS} has stopped, or the network between has, and the connection is lost. One
 * thread sends, one receives.
 */
final class Link implements Closeable {
  /** Longest silence. */
  static final int LIMIT_MILLISECONDS = 10_000;

  private static final int ALIVE_MILLISECONDS = 1_000;
  private static final int HEADER = 5;
  private static final byte ALIVE = 0;
  private static final Message STILL_HERE = new Message(ALIVE, 0, to -> {}, () -> {});

  private final Socket socket;
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
  Link(Socket socket, int longest, Receiver receiver) throws IOException {
    this.socket = socket;
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
    try {
      OutputStream out = socket.getOutputStream();
      while (!ended.get()) {
        Message message = outgoing.poll(ALIVE_MILLISECONDS, TimeUnit.MILLISECONDS);
        if (message == null) {
          message = STILL_HERE;
        }
        if (buffer.capacity() < HEADER + message.length) {
          buffer = ByteBuffer.allocate(HEADER + message.length).order(ByteOrder.LITTLE_ENDIAN);
        }
        buffer.clear().putInt(message.length).put(message.type);
        message.payload.write(buffer);
        out.write(buffer.array(), 0, HEADER + message.length);
        message.sent.run();
      }
    } catch (IOException e) {
      end(e);
    } catch (InterruptedException | RuntimeException e) {
      end(new IOException(e));
    }
  }

  private void receive() {
    byte[] buffer = new byte[0];
    try {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      while (true) {
        int length = Integer.reverseBytes(in.readInt());
        byte type = in.readByte();
        if (length < 0 || length > longest) {
          throw new IOException("a message of " + length + " bytes, more than " + longest);
        }
        if (buffer.length < length) {
          buffer = new byte[length];
        }
        in.readFully(buffer, 0, length);
        if (type != ALIVE) {
          ByteBuffer payload = ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.LITTLE_ENDIAN);
          receiver.received(type, payload);
        }
      }
    } catch (SocketTimeoutException e) {
      end(new IOException("silent for " + LIMIT_MILLISECONDS / 1000 + " s"));
    } catch (IOException e) {
      end(e);
    } catch (RuntimeException e) {
      end(new IOException("a malformed message", e));
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
