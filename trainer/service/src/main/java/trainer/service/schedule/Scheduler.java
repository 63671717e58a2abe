package trainer.service.schedule;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.database.Database;
import trainer.service.database.DatabaseException;
import trainer.service.datasets.DatasetRoots;
import trainer.service.program.Program;
import trainer.service.registry.Champions;
import trainer.service.registry.Registry;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/**
 * Fires schedules when they are due and sees each firing to its end. One thread watches the clock,
 * another reads texts and measures models, which may take long. Any number of services on one
 * database may do this at the same time.
 */
public final class Scheduler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final int MOST_ATTEMPTS = 20;

  private final Schedules schedules;
  private final Triggers triggers;
  private final Firings firings;
  private final Retraining retraining;
  private final Measurement measurement;
  private final Duration poll;
  private final Runnable submitted;
  private final Semaphore clockBell = new Semaphore(0);
  private final Semaphore workBell = new Semaphore(0);
  private final Thread clock = new Thread(() -> repeat(this::watch, clockBell), "schedules");
  private final Thread work = new Thread(() -> repeat(this::work, workBell), "retraining");
  private volatile Firing inWork; // null: none
  private volatile boolean closing;

  /** One look; says whether there may be more to do at once. */
  @FunctionalInterface
  private interface Turn {
    boolean take();
  }

  /**
   * A scheduler that has not begun.
   *
   * @param worker names this process, unlike any other that there is or was
   * @param program that measures
   * @param poll time between two looks
   * @param submitted called when there is something in the queue
   */
  public Scheduler(
      Database database,
      Schedules schedules,
      Triggers triggers,
      Runs runs,
      RunFiles files,
      Registry registry,
      Champions champions,
      DatasetRoots roots,
      String worker,
      Program program,
      Duration poll,
      Runnable submitted) {
    this.schedules = schedules;
    this.triggers = triggers;
    this.firings = new Firings(database, runs, worker);
    this.measurement = new Measurement(program);
    this.retraining = new Retraining(firings, runs, files, registry, champions, roots, measurement);
    this.poll = poll;
    this.submitted = submitted;
  }

  /** Begins to work. */
  public void start() {
    clock.start();
    work.start();
  }

  /** Says that there may be something to do, so that it need not wait for the next look. */
  public void wake() {
    clockBell.release();
    workBell.release();
  }

  private void repeat(Turn turn, Semaphore bell) {
    while (!closing) {
      boolean more = false;
      try {
        more = turn.take();
      } catch (DatabaseException e) {
        LOG.warn("{}", e.getMessage());
      } catch (RuntimeException e) {
        LOG.error("the schedules go on after an unexpected failure", e);
      }
      if (!more) {
        pause(bell);
      }
    }
  }

  private boolean watch() {
    Firing held = inWork;
    if (held != null) {
      firings.renew(held, LEASE);
    }
    for (Firing firing : triggers.fireDue()) {
      LOG.info("firing {} for {}: {}", firing.number(), firing.dueAt(), firing.state().word());
      workBell.release();
    }
    return false;
  }

  private boolean work() {
    Optional<Firing> taken = firings.take(LEASE);
    if (taken.isPresent()) {
      inWork = taken.get();
      try {
        advance(taken.get());
      } catch (Firings.LostException e) {
        LOG.warn("firing {}: another process has it", taken.get().number());
      } finally {
        inWork = null;
      }
    }
    return taken.isPresent();
  }

  private void advance(Firing firing) {
    try {
      Optional<Schedule> schedule = schedules.find(firing.schedule());
      if (schedule.isEmpty()) {
        return; // deleted, and the firing with it
      }
      if (firing.attempt() > MOST_ATTEMPTS) {
        fail(firing, "it was begun %d times and never ended".formatted(MOST_ATTEMPTS));
        return;
      }
      switch (firing.state()) {
        case PREPARING -> {
          retraining.prepare(firing, schedule.get(), () -> closing);
          submitted.run();
        }
        case TRAINING -> retraining.conclude(firing, schedule.get());
        case PROMOTED, KEPT, SKIPPED, MISSED, FAILED ->
            throw new IllegalStateException("a firing that has ended was taken: " + firing);
      }
    } catch (Firings.LostException | DatabaseException e) {
      throw e; // somebody else goes on, once the lease has ended
    } catch (CancellationException e) {
      firings.release(firing);
    } catch (RuntimeException e) {
      if (closing) {
        firings.release(firing);
      } else {
        LOG.warn("firing {} failed", firing.number(), e);
        fail(firing, String.valueOf(e.getMessage()));
      }
    }
  }

  private void fail(Firing firing, String reason) {
    firings.end(firing, FiringState.FAILED, reason, null, null, connection -> {});
  }

  private void pause(Semaphore bell) {
    try {
      if (bell.tryAcquire(poll.toNanos(), TimeUnit.NANOSECONDS)) {
        bell.drainPermits(); // rung however often, one look is enough
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts the scheduler", e);
    }
  }

  /** Begins nothing more and waits for what is being done, which others go on with. */
  @Override
  public void close() {
    closing = true;
    measurement.close();
    wake();
    Threads.join(List.of(clock, work));
  }
}
