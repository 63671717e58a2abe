package trainer.service.database;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import trainer.service.Threads;

/**
 * Whether the database can be written: by a write, at most once a second and one at a time. A write
 * that takes longer than two seconds counts as failed until it ends.
 */
public final class WriteProbe implements AutoCloseable {
  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final Database database;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Threads.daemons("write probe"));
  private Future<?> newest;
  private long startNanos; // of the newest

  public WriteProbe(Database database) {
    this.database = database;
  }

  /** Returns within two seconds. */
  public boolean succeeds() {
    Future<?> probe;
    long left;
    synchronized (this) {
      long now = System.nanoTime();
      if (newest == null || (newest.isDone() && now - startNanos > FRESH.toNanos())) {
        startNanos = now;
        newest = thread.submit(this::write);
      }
      probe = newest;
      left = TIMEOUT.toNanos() - (now - startNanos);
    }
    try {
      probe.get(left, TimeUnit.NANOSECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void write() {
    database.write(
        connection ->
            Sql.of("UPDATE write_probe SET written_at = " + database.dialect().now())
                .update(connection));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
