package trainer.service.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.ContainerLifeCycle;

/**
 * Closes connections that send no complete head of a request in time. A byte now and then keeps
 * Jetty from taking them for idle.
 */
final class WaitingConnections extends Handler.Wrapper implements Connection.Listener {
  private static final int CHECKS = 4; // in the timeout

  private final long timeoutNanos;
  private final Map<EndPoint, Long> since = new ConcurrentHashMap<>(); // System.nanoTime()

  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the clock
  WaitingConnections(Duration timeout, ScheduledExecutorService clock) {
    timeoutNanos = timeout.toNanos();
    long period = timeoutNanos / CHECKS;
    clock.scheduleWithFixedDelay(this::check, period, period, TimeUnit.NANOSECONDS);
  }

  @Override
  protected void doStart() throws Exception {
    for (Connector connector : getServer().getConnectors()) {
      ((ContainerLifeCycle) connector).addBean(this, false);
    }
    super.doStart();
  }

  @Override
  public void onOpened(Connection connection) {
    since.put(connection.getEndPoint(), System.nanoTime());
  }

  @Override
  public void onClosed(Connection connection) {
    since.remove(connection.getEndPoint());
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    EndPoint connection = request.getConnectionMetaData().getConnection().getEndPoint();
    since.remove(connection);
    Request.addCompletionListener(request, failure -> await(connection));
    return super.handle(request, response, callback);
  }

  private void await(EndPoint connection) {
    since.put(connection, System.nanoTime());
    if (!connection.isOpen()) {
      since.remove(connection);
    }
  }

  private void check() {
    long now = System.nanoTime();
    since.forEach(
        (connection, start) -> {
          if (now - start > timeoutNanos) {
            since.remove(connection);
            connection.close();
          }
        });
  }
}
