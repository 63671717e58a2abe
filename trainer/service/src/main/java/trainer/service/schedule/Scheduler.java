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
 * Fires schedules when they are due and sees each trigger run to its end. One thread watches the
 * clock, another reads texts and measures models, which may take long. Any number of services on
 * one database may do this at the same time.
 */
public final class Scheduler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final int MOST_ATTEMPTS = 20;

  private final Schedules schedules;
  private final Triggers triggers;
  private final TriggerRuns triggerRuns;
  private final Retraining retraining;
  private final ModelEvaluation evaluation;
  private final Duration poll;
  private final Runnable submitted;
  private final Semaphore clockBell = new Semaphore(0);
  private final Semaphore workBell = new Semaphore(0);
  private final Thread clock = new Thread(() -> repeat(this::watch, clockBell), "schedules");
  private final Thread work = new Thread(() -> repeat(this::work, workBell), "retraining");
  private volatile TriggerRun inWork; // null: none
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
    this.triggerRuns = new TriggerRuns(database, runs, worker);
    this.evaluation = new ModelEvaluation(program);
    this.retraining =
        new Retraining(triggerRuns, runs, files, registry, champions, roots, evaluation);
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
    TriggerRun held = inWork;
    if (held != null) {
      triggerRuns.renew(held, LEASE);
    }
    for (TriggerRun triggerRun : triggers.fireDue()) {
      LOG.info(
          "firing {} for {}: {}",
          triggerRun.number(),
          triggerRun.dueAt(),
          triggerRun.state().word());
      workBell.release();
    }
    return false;
  }

  private boolean work() {
    Optional<TriggerRun> taken = triggerRuns.take(LEASE);
    if (taken.isPresent()) {
      inWork = taken.get();
      try {
        advance(taken.get());
      } catch (TriggerRuns.LostException e) {
        LOG.warn("firing {}: another process has it", taken.get().number());
      } finally {
        inWork = null;
      }
    }
    return taken.isPresent();
  }

  private void advance(TriggerRun triggerRun) {
    try {
      Optional<Schedule> schedule = schedules.find(triggerRun.schedule());
      if (schedule.isEmpty()) {
        return; // deleted, and the trigger run with it
      }
      if (triggerRun.attempt() > MOST_ATTEMPTS) {
        fail(triggerRun, "it was begun %d times and never ended".formatted(MOST_ATTEMPTS));
        return;
      }
      switch (triggerRun.state()) {
        case PREPARING -> {
          retraining.prepare(triggerRun, schedule.get(), () -> closing);
          submitted.run();
        }
        case TRAINING -> retraining.conclude(triggerRun, schedule.get());
        case PROMOTED, KEPT, SKIPPED, MISSED, FAILED ->
            throw new IllegalStateException("a firing that has ended was taken: " + triggerRun);
      }
    } catch (TriggerRuns.LostException | DatabaseException e) {
      throw e; // somebody else goes on, once the lease has ended
    } catch (CancellationException e) {
      triggerRuns.release(triggerRun);
    } catch (RuntimeException e) {
      if (closing) {
        triggerRuns.release(triggerRun);
      } else {
        LOG.warn("firing {} failed", triggerRun.number(), e);
        fail(triggerRun, String.valueOf(e.getMessage()));
      }
    }
  }

  private void fail(TriggerRun triggerRun, String reason) {
    triggerRuns.end(triggerRun, TriggerRunState.FAILED, reason, null, null, connection -> {});
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
    evaluation.close();
    wake();
    Threads.join(List.of(clock, work));
  }
}
