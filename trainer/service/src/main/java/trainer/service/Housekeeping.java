package trainer.service;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done once a day, and after a start, so that nothing grows for ever. */
public final class Housekeeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final List<Runnable> chores;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Threads.daemons("housekeeping"));

  /** Chores that may be left for the next day if they fail. */
  public Housekeeping(List<Runnable> chores) {
    this.chores = List.copyOf(chores);
  }

  /** Begins. */
  @SuppressWarnings("FutureReturnValueIgnored") // attempt() lets no exception out
  public void start() {
    clock.scheduleWithFixedDelay(() -> chores.forEach(this::attempt), 0, 1, TimeUnit.DAYS);
  }

  private void attempt(Runnable chore) {
    try {
      chore.run();
    } catch (RuntimeException e) {
      LOG.warn("left for tomorrow: {}", e.toString());
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
