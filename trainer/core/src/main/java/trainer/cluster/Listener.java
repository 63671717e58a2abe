package trainer.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import trainer.cluster.Handshake.Guest;

/** Accepts the connections of others that know the secret, and closes all others. */
final class Listener implements Closeable {
  /** Handshakes at a time; a stranger may occupy one for {@link Handshake#LIMIT}. */
  private static final int MOST_HANDSHAKES = 64;

  private static final long PAUSE_MILLISECONDS = 50;

  private final ServerSocket server;
  private final Handshake handshake;
  private final Semaphore handshakes = new Semaphore(MOST_HANDSHAKES);
  private final BlockingQueue<Guest> guests = new LinkedBlockingQueue<>();

  /** Listens on a free port of an address. */
  Listener(InetAddress address, Handshake handshake) throws IOException {
    this(new ServerSocket(0, 0, address), handshake);
  }

  Listener(ServerSocket server, Handshake handshake) {
    this.handshake = handshake;
    this.server = server;
    Link.daemon("cluster-listener", this::accept).start();
  }

  int port() {
    return server.getLocalPort();
  }

  /** The next that has proved to know the secret; null if none comes in time. */
  Guest next(long milliseconds) throws InterruptedException {
    return guests.poll(milliseconds, TimeUnit.MILLISECONDS);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        if (handshakes.tryAcquire()) {
          Link.daemon("cluster-handshake", () -> greet(socket)).start();
        } else {
          Link.close(socket);
        }
      } catch (IOException e) {
        // closed, or one that left before it was accepted, or this process has no descriptor left
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLISECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    }
  }

  private void greet(Socket socket) {
    try {
      guests.add(handshake.accept(socket));
    } catch (IOException e) {
      // a stranger, whose connection is closed
    } finally {
      handshakes.release();
    }
  }

  /** Listens no more; connections stay open. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // nothing is left to close
    }
  }
}
