package trainer.service;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes old records, at start and once a day. */
public final class Housekeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final List<Runnable> chores;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("housekeeping"));

  /** A chore that fails is retried the next day. */
  public Housekeeping(List<Runnable> chores) {
    this.chores = List.copyOf(chores);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // attempt() catches its exceptions
  public void start() {
    clock.scheduleWithFixedDelay(() -> chores.forEach(this::attempt), 0, 1, TimeUnit.DAYS);
  }

  private void attempt(Runnable chore) {
    try {
      chore.run();
    } catch (RuntimeException | Error e) { // else the clock would stop
      LOG.warn("housekeeping failed, retrying tomorrow: {}", e.toString());
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
