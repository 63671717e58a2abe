package trainer.service.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * Closes connections that send no complete head of a request in time (a byte now and then keeps
 * Jetty from taking them for idle), and, when nearly all are in use, the one whose client has done
 * nothing for longest. So clients that hold connections do not keep others from opening some.
 */
final class Connections extends Handler.Wrapper implements Connection.Listener {
  private static final int CHECKS = 4; // in the timeout
  private static final int BACKLOG = 1024; // connections that are not accepted yet
  private static final int FREE_SHARE = 10; // a tenth is free for new connections

  private final int most;
  private final long timeoutNanos;
  private final Map<EndPoint, Wait> waiting = new LinkedHashMap<>(); // longest first
  private int open;

  /**
   * A connection that may be closed.
   *
   * @param since System.nanoTime()
   * @param answering whether it has a request that is being answered
   */
  private record Wait(long since, boolean answering) {}

  /**
   * @param most maximum number of connections
   * @param timeout for the head of a request
   */
  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the clock
  Connections(int most, Duration timeout, ScheduledExecutorService clock) {
    this.most = most - most / FREE_SHARE;
    timeoutNanos = timeout.toNanos();
    long period = timeoutNanos / CHECKS;
    clock.scheduleWithFixedDelay(this::closeIdle, period, period, TimeUnit.NANOSECONDS);
  }

  @Override
  protected void doStart() throws Exception {
    for (Connector each : getServer().getConnectors()) {
      ServerConnector connector = (ServerConnector) each;
      connector.setAcceptQueueSize(BACKLOG);
      connector.addBean(this, false);
    }
    super.doStart();
  }

  @Override
  public void onOpened(Connection connection) {
    EndPoint longest = null;
    synchronized (this) {
      open++;
      Iterator<EndPoint> all = waiting.keySet().iterator();
      if (open > most && all.hasNext()) {
        longest = all.next();
        all.remove();
      }
      await(connection.getEndPoint(), false);
    }
    if (longest != null) {
      longest.close();
    }
  }

  @Override
  public synchronized void onClosed(Connection connection) {
    open--;
    waiting.remove(connection.getEndPoint());
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    EndPoint connection = endPoint(request);
    await(connection, true);
    Request.addCompletionListener(request, failure -> await(connection, false));
    return super.handle(request, response, callback);
  }

  private static EndPoint endPoint(Request request) {
    return request.getConnectionMetaData().getConnection().getEndPoint();
  }

  private synchronized void await(EndPoint connection, boolean answering) {
    waiting.remove(connection);
    if (connection.isOpen()) {
      waiting.put(connection, new Wait(System.nanoTime(), answering));
    }
  }

  /** Keeps a connection open until its request has been answered. */
  synchronized void keep(Request request) {
    waiting.remove(endPoint(request));
  }

  private void closeIdle() {
    List<EndPoint> idle = new ArrayList<>();
    synchronized (this) {
      long now = System.nanoTime();
      waiting.forEach(
          (connection, wait) -> {
            if (!wait.answering() && now - wait.since() > timeoutNanos) {
              idle.add(connection);
            }
          });
    }
    idle.forEach(EndPoint::close);
  }
}
