package trainer.service.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.FileErrors;
import trainer.service.Threads;
import trainer.service.database.DatabaseException;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.RunQueue.Held;

/**
 * Takes runs from the queue and trains each in a process of its own, so that a crash ends one run
 * and not the service. One thread does everything, in turns: see {@link #turn}.
 */
public final class Worker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  private final RunQueue queue;
  private final RunFiles files;
  private final TrainingProgram program;
  private final WorkerSettings settings;
  private final List<TrainingProcess> processes = new ArrayList<>();
  private final Thread thread = new Thread(this::work, "worker");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition woken = lock.newCondition();
  private boolean awake;
  private volatile boolean draining;
  private final ResourceRecorder recorder;
  private volatile List<Use> uses = List.of();
  private volatile long turnNanos = System.nanoTime();
  private long renewedNanos = System.nanoTime();

  /** A worker that has not begun. */
  public Worker(RunQueue queue, RunFiles files, TrainingProgram program, WorkerSettings settings) {
    this.queue = queue;
    this.files = files;
    this.program = program;
    this.settings = settings;
    this.recorder = new ResourceRecorder(files, settings.renewal());
  }

  /**
   * A slot as it is used now.
   *
   * @param run that is trained there, or null
   */
  public record Use(Slot slot, Run run) {}

  /** Begins to work. */
  public void start() {
    recorder.start();
    thread.start();
  }

  /** Says that there may be something to do, so that it need not wait for the next look. */
  public void wake() {
    lock.lock();
    try {
      awake = true;
      woken.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many runs are being trained here. */
  public int running() {
    return (int) uses.stream().filter(use -> use.run() != null).count();
  }

  /** How many runs can be trained here at a time. */
  public int slots() {
    return settings.slots().size();
  }

  /** The slots, and what is trained there. */
  public List<Use> uses() {
    return uses;
  }

  /** Whether it reaches the database: whether its last whole turn was less than a lease ago. */
  public boolean isHealthy() {
    return System.nanoTime() - turnNanos < settings.lease().toNanos();
  }

  /**
   * Takes no more runs, lets those that are running leave a checkpoint and go back to the queue,
   * and waits for that.
   */
  @Override
  public void close() {
    draining = true;
    wake();
    Threads.join(List.of(thread));
    recorder.close();
  }

  private void work() {
    while (!draining || !processes.isEmpty()) {
      try {
        turn();
        turnNanos = System.nanoTime();
      } catch (DatabaseException e) {
        LOG.warn("{}", e.getMessage());
        giveUpWithoutLease();
      } catch (RuntimeException e) {
        LOG.error("the worker goes on after an unexpected failure", e);
        giveUpWithoutLease();
      }
      tell();
      pause();
    }
  }

  private void turn() {
    // A sign of life first: whatever follows may take its time.
    renew();
    if (draining) {
      processes.forEach(process -> process.stop(TrainingProcess.Stop.RELEASED));
    }
    endThoseThatEnded();
    follow(queue.held());
    int givenBack = queue.giveBackExpired(settings.retries());
    if (givenBack > 0) {
      LOG.warn("{} runs were given back to the queue: their workers are gone", givenBack);
    }
    for (Slot slot : freeSlots()) {
      if (!draining && take(slot)) {
        tell();
      }
    }
  }

  private List<Slot> freeSlots() {
    List<Slot> free = new ArrayList<>(settings.slots());
    processes.forEach(process -> free.remove(process.slot()));
    return free;
  }

  /** Says what is trained where, for those who ask in other threads. */
  private void tell() {
    List<Use> now = new ArrayList<>();
    for (TrainingProcess process : processes) {
      now.add(new Use(process.slot(), process.lease().run()));
    }
    freeSlots().forEach(slot -> now.add(new Use(slot, null)));
    uses = List.copyOf(now);
    recorder.follow(processes);
  }

  private void renew() {
    long now = System.nanoTime();
    if (!processes.isEmpty() && now - renewedNanos >= settings.renewal().toNanos()) {
      queue.renew(
          settings.lease(),
          processes.stream().map(process -> process.lease().run().number()).toList());
      renewedNanos = now;
    } else if (processes.isEmpty()) {
      renewedNanos = now;
    }
  }

  private void endThoseThatEnded() {
    for (Iterator<TrainingProcess> each = processes.iterator(); each.hasNext(); ) {
      TrainingProcess process = each.next();
      process.killAfter(settings.grace());
      if (!process.isAlive()) {
        Lease lease = process.lease();
        Outcome outcome = process.outcome(settings);
        boolean accepted = queue.end(lease, outcome);
        each.remove();
        report(lease.run(), outcome, accepted);
      }
    }
  }

  private void report(Run run, Outcome outcome, boolean accepted) {
    String what = accepted ? outcome.state().word() : "not accepted: another attempt has begun";
    LOG.info(
        "run {}, attempt {}: {}{}",
        run.id(),
        run.attempt(),
        what,
        outcome.reason() == null ? "" : " (" + outcome.reason() + ")");
    if (accepted && outcome.state().isFinal()) {
      try {
        files.deleteEarlier(run);
      } catch (IOException e) {
        LOG.warn("run {}: its earlier attempts cannot be deleted: {}", run.id(), e.toString());
      }
    }
  }

  /** Stops what is not wanted any more and kills what is not ours any more. */
  private void follow(Map<Long, Held> held) {
    for (TrainingProcess process : processes) {
      Run run = process.lease().run();
      Held still = held.get(run.number());
      if (still == null || still.attempt() != run.attempt()) {
        LOG.warn("run {}, attempt {}: was given to another worker", run.id(), run.attempt());
        process.kill();
      } else if (still.cancelRequested()) {
        process.stop(TrainingProcess.Stop.CANCELLED);
      }
    }
  }

  /**
   * After a lease without the database others may own the runs, so nothing is gained by going on.
   * The checkpoints that are left are used if nobody does.
   */
  private void giveUpWithoutLease() {
    if (System.nanoTime() - renewedNanos > settings.lease().toNanos()) {
      for (TrainingProcess process : processes) {
        process.stop(TrainingProcess.Stop.RELEASED);
        process.killAfter(settings.grace());
      }
      if (draining) {
        processes.clear(); // others give them back
      }
    }
  }

  private boolean take(Slot slot) {
    Optional<Lease> taken =
        queue.take(settings.lease(), Slot.served(slot, settings.slots(), queue.isShared()));
    if (taken.isEmpty()) {
      return false;
    }
    Run run = taken.get().run();
    try {
      processes.add(program.start(taken.get(), files, slot, this::wake));
      LOG.info("run {}, attempt {}: training on {}", run.id(), run.attempt(), slot.name());
    } catch (IOException | RuntimeException e) {
      LOG.warn("run {}, attempt {}: cannot be started", run.id(), run.attempt(), e);
      String reason =
          "its process cannot be started: "
              + (e instanceof IOException failure ? FileErrors.withFile(failure) : e.getMessage());
      int failures = run.failures();
      queue.end(
          taken.get(),
          failures < settings.retries()
              ? Outcome.retried(reason, settings.backOff(failures))
              : Outcome.failed(reason));
    }
    return true;
  }

  /** Waits for the next look, or until something has happened. */
  private void pause() {
    lock.lock();
    try {
      long nanos = settings.poll().toNanos();
      while (!awake && nanos > 0) {
        nanos = woken.awaitNanos(nanos);
      }
      awake = false;
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts the worker", e);
    } finally {
      lock.unlock();
    }
  }
}
