package trainer.service.schedule;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.TrainerException;
import trainer.service.Threads;
import trainer.service.database.Database;
import trainer.service.database.DatabaseException;
import trainer.service.datasets.SubmissionRules;
import trainer.service.program.Program;
import trainer.service.registry.Champions;
import trainer.service.registry.Deletions;
import trainer.service.registry.Registry;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/**
 * Triggers due schedules and drives each trigger run to its end. One thread polls for due
 * schedules; a few others hash texts and evaluate models, which may take long. Any number of
 * services may share a database.
 */
public final class Scheduler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  private static final int MOST_ATTEMPTS = 20;
  private static final Duration CLOCK_PERIOD = Duration.ofMinutes(1);

  /** Attempts of a trigger run while the machine fails. */
  static final int TRIES = 7;

  /** Trigger runs in work at once, so that an evaluation that hangs does not delay the others. */
  static final int THREADS = 4;

  private final Stores stores;
  private final Settings settings;
  private final TriggerRuns triggerRuns;
  private final Retraining retraining;
  private final Evaluation evaluation;
  private final Semaphore clockBell = new Semaphore(0);
  private final Semaphore workBell = new Semaphore(0);
  private final Thread clock = new Thread(() -> repeat(this::watch, clockBell), "schedules");
  private final List<Thread> workers = new ArrayList<>();
  private long clockNanos = System.nanoTime() - CLOCK_PERIOD.toNanos(); // of the last followClock
  private final Set<TriggerRun> inWork = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  /** One poll; returns whether there may be more to do at once. */
  @FunctionalInterface
  private interface Turn {
    boolean take();
  }

  /** What the scheduler reads and changes. */
  public record Stores(
      Database database,
      Schedules schedules,
      Triggers triggers,
      Runs runs,
      RunFiles files,
      Registry registry,
      Champions champions,
      Deletions deletions,
      SubmissionRules rules) {}

  /**
   * Settings of a scheduler.
   *
   * @param worker unique name of this process, never reused
   * @param program evaluates models
   * @param lease time after which another process continues a trigger run
   * @param poll polling period, a small part of the lease
   * @param backOff pause after a number of failures of the machine
   * @param submitted called after a run was queued
   */
  public record Settings(
      String worker,
      Program program,
      Duration lease,
      Duration poll,
      IntFunction<Duration> backOff,
      Runnable submitted) {}

  public Scheduler(Stores stores, Settings settings) {
    this(stores, settings, new ModelEvaluation(settings.program(), stores.rules().roots()));
  }

  Scheduler(Stores stores, Settings settings, Evaluation evaluation) {
    this.stores = stores;
    this.settings = settings;
    this.triggerRuns = new TriggerRuns(stores.database(), stores.runs(), settings.worker());
    this.evaluation = evaluation;
    this.retraining = new Retraining(triggerRuns, stores, evaluation);
    for (int i = 1; i <= THREADS; i++) {
      workers.add(new Thread(() -> repeat(this::work, workBell), "retraining-" + i));
    }
  }

  public void start() {
    clock.start();
    workers.forEach(Thread::start);
  }

  /** Polls now. */
  public void wake() {
    clockBell.release();
    workBell.release(THREADS);
  }

  private void repeat(Turn turn, Semaphore bell) {
    while (!closing) {
      boolean more = false;
      try {
        more = turn.take();
      } catch (DatabaseException e) {
        LOG.warn("{}", e.getMessage());
      } catch (RuntimeException | Error e) { // such as a lack of memory
        LOG.error("unexpected failure; the scheduler continues", e);
      }
      if (!more) {
        pause(bell);
      }
    }
  }

  private boolean watch() {
    for (TriggerRun held : inWork) {
      triggerRuns.renew(held, settings.lease());
    }
    long now = System.nanoTime();
    if (now - clockNanos > CLOCK_PERIOD.toNanos()) {
      stores.triggers().followClock();
      clockNanos = now;
    }
    for (TriggerRun triggerRun : stores.triggers().fireDue()) {
      LOG.info(
          "schedule {}, trigger run {} for {}: {}{}",
          stores
              .schedules()
              .find(triggerRun.schedule())
              .map(found -> found.plan().name())
              .orElse("?"),
          triggerRun.number(),
          triggerRun.dueAt(),
          triggerRun.state().word(),
          triggerRun.reason() == null ? "" : ": " + triggerRun.reason());
      workBell.release();
    }
    return false;
  }

  /** Takes the next step of a trigger run; returns whether there was one. */
  boolean work() {
    Optional<TriggerRun> taken = triggerRuns.take(settings.lease());
    if (taken.isPresent()) {
      inWork.add(taken.get());
      try {
        advance(taken.get());
      } catch (TriggerRuns.LostException e) {
        LOG.warn("trigger run {}: taken by another process", taken.get().number());
      } finally {
        inWork.remove(taken.get());
      }
    }
    return taken.isPresent();
  }

  private void advance(TriggerRun triggerRun) {
    Optional<Schedule> schedule = stores.schedules().find(triggerRun.schedule());
    if (schedule.isPresent()) { // else it was deleted with its trigger runs
      advance(triggerRun, schedule.get());
      if (triggerRun.state() == TriggerRunState.TRAINING) {
        retraining.tidy(schedule.get());
      }
    }
  }

  private void advance(TriggerRun triggerRun, Schedule schedule) {
    try {
      if (triggerRun.attempt() > MOST_ATTEMPTS) {
        fail(triggerRun, "it was started %d times without an outcome".formatted(MOST_ATTEMPTS));
        return;
      }
      switch (triggerRun.state()) {
        case PREPARING -> {
          retraining.prepare(triggerRun, schedule, () -> closing);
          settings.submitted().run();
        }
        case TRAINING -> retraining.conclude(triggerRun, schedule);
        case PROMOTED, KEPT, SKIPPED, MISSED, FAILED ->
            throw new IllegalStateException("an ended trigger run was taken: " + triggerRun);
      }
    } catch (TriggerRuns.LostException | DatabaseException e) {
      throw e; // another process takes over when the lease expires
    } catch (CancellationException e) {
      triggerRuns.release(triggerRun);
    } catch (RuntimeException e) {
      if (closing) {
        triggerRuns.release(triggerRun);
      } else if (e instanceof TrainerException failure
          && failure.isTransient()
          && triggerRun.attempt() < TRIES) {
        Duration pause = settings.backOff().apply(triggerRun.attempt());
        LOG.warn(
            "trigger run {}: {}; next try in {} s",
            triggerRun.number(),
            e.getMessage(),
            pause.toSeconds());
        triggerRuns.release(triggerRun, pause);
      } else {
        LOG.warn("trigger run {} failed", triggerRun.number(), e);
        fail(triggerRun, String.valueOf(e.getMessage()));
      }
    }
  }

  private void fail(TriggerRun triggerRun, String reason) {
    triggerRuns.end(triggerRun, TriggerOutcome.failed(reason));
  }

  private void pause(Semaphore bell) {
    try {
      if (bell.tryAcquire(settings.poll().toNanos(), TimeUnit.NANOSECONDS)) {
        bell.drainPermits(); // one poll serves all requests
      }
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    }
  }

  /** Stops after the current step; another process can continue the trigger run. */
  @Override
  public void close() {
    closing = true;
    evaluation.close();
    wake();
    Threads.join(List.of(clock));
    Threads.join(workers);
  }
}
