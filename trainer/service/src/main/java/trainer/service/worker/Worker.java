package trainer.service.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.FileErrors;
import trainer.service.Threads;
import trainer.service.database.DatabaseException;
import trainer.service.devices.NvidiaSmi;
import trainer.service.runs.Lease;
import trainer.service.runs.Outcome;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.RunQueue;
import trainer.service.runs.RunQueue.Held;

/**
 * Takes runs from the queue and trains each in its own process, so a crash affects one run only. A
 * single thread does everything: see {@link #turn}.
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
  private Lease starting; // of a run that has no process yet, or null

  public Worker(RunQueue queue, RunFiles files, TrainingProgram program, WorkerSettings settings) {
    this.queue = queue;
    this.files = files;
    this.program = program;
    this.settings = settings;
    this.recorder = new ResourceRecorder(files, settings.renewal(), new NvidiaSmi());
  }

  /** A slot and the run in it, or null. A run of several GPUs is in several slots. */
  public record Use(Slot slot, Run run) {}

  public void start() {
    recorder.start();
    thread.start();
  }

  /** Polls the queue now. */
  public void wake() {
    lock.lock();
    try {
      awake = true;
      woken.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Number of runs in training here. */
  public int running() {
    return (int)
        uses.stream()
            .filter(use -> use.run() != null)
            .map(use -> use.run().number())
            .distinct()
            .count();
  }

  /** Number of slots in use. */
  public int used() {
    return (int) uses.stream().filter(use -> use.run() != null).count();
  }

  /** Number of slots. */
  public int slots() {
    return settings.slots().size();
  }

  /** The slots and their runs. */
  public List<Use> uses() {
    return uses;
  }

  /** Whether it reaches the database: a complete turn or renewal is less than a lease ago. */
  public boolean isHealthy() {
    return System.nanoTime() - turnNanos < settings.lease().toNanos();
  }

  /**
   * Takes no more runs, and waits until the running ones have saved a checkpoint and returned to
   * the queue.
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
      } catch (RuntimeException | Error e) { // such as a lack of memory
        LOG.error("unexpected failure; the worker continues", e);
        giveUpWithoutLease();
      }
      publish();
      pause();
    }
  }

  private void turn() {
    // Renew leases first: what follows may take long.
    renew();
    if (draining) {
      processes.forEach(process -> process.stop(TrainingProcess.Stop.RELEASED));
    }
    endThoseThatEnded();
    follow(queue.held());
    int givenBack = queue.giveBackExpired(settings.retries());
    if (givenBack > 0) {
      LOG.warn("{} runs requeued: the leases of their workers expired", givenBack);
    }
    for (Slot slot : freeSlots()) {
      if (!draining && freeSlots().contains(slot) && take(slot)) {
        publish();
        renew();
      }
    }
  }

  private List<Slot> freeSlots() {
    List<Slot> free = new ArrayList<>(settings.slots());
    processes.forEach(process -> process.slot().parts().forEach(free::remove));
    return free;
  }

  /** Publishes the use of slots to other threads. */
  private void publish() {
    List<Use> now = new ArrayList<>();
    for (TrainingProcess process : processes) {
      process.slot().parts().forEach(part -> now.add(new Use(part, process.lease().run())));
    }
    freeSlots().forEach(slot -> now.add(new Use(slot, null)));
    uses = List.copyOf(now);
    recorder.follow(processes);
  }

  /** Renews the leases while a run is prepared; ends that if this worker ends. */
  private void renewUnlessDraining() {
    if (draining) {
      throw new CancellationException("the service was stopped");
    }
    renew();
  }

  /** Renews the leases if it is time. */
  private void renew() {
    long now = System.nanoTime();
    List<Long> runs =
        Stream.concat(processes.stream().map(TrainingProcess::lease), Stream.ofNullable(starting))
            .map(lease -> lease.run().number())
            .toList();
    if (runs.isEmpty()) {
      renewedNanos = now;
    } else if (now - renewedNanos >= settings.renewal().toNanos()) {
      queue.renew(settings.lease(), runs);
      renewedNanos = now;
      turnNanos = now; // the database was reached
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
    String what = accepted ? outcome.state().word() : "not accepted: another attempt has started";
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

  /** Stops cancelled runs and kills those whose lease was lost. */
  private void follow(Map<Long, Held> held) {
    for (TrainingProcess process : processes) {
      Run run = process.lease().run();
      Held still = held.get(run.number());
      if (still == null || still.attempt() != run.attempt()) {
        LOG.warn("run {}, attempt {}: lease lost to another worker", run.id(), run.attempt());
        process.kill();
      } else if (still.cancelRequested()) {
        process.stop(TrainingProcess.Stop.CANCELLED);
      }
    }
  }

  /**
   * Without the database for a whole lease, others may own the runs: stops them. Their checkpoints
   * are used if no other worker has resumed them.
   */
  private void giveUpWithoutLease() {
    if (System.nanoTime() - renewedNanos > settings.lease().toNanos()) {
      for (TrainingProcess process : processes) {
        process.stop(TrainingProcess.Stop.RELEASED);
        process.killAfter(settings.grace());
      }
      if (draining) {
        processes.clear(); // others requeue them
      }
    }
  }

  /** Takes a run for a free slot, and for other free GPUs if it needs several. */
  private boolean take(Slot first) {
    int gpus = Slot.gpus(settings.slots()).size();
    List<Slot.Gpu> free = Slot.gpus(freeSlots());
    int most = queue.isShared() ? Math.max(1, gpus) : Integer.MAX_VALUE; // alone, it would wait
    boolean all = free.size() == gpus;
    Optional<Lease> taken =
        queue.take(
            settings.lease(),
            Slot.served(first, settings.slots(), queue.isShared()),
            most,
            all || first instanceof Slot.Cpu ? most : free.size());
    if (taken.isEmpty()) {
      return false;
    }
    Run run = taken.get().run();
    int needed = Math.min(taken.get().gpus(), free.size());
    Slot slot =
        first instanceof Slot.Gpu && needed > 1 ? new Slot.Gpus(free.subList(0, needed)) : first;
    starting = taken.get();
    try {
      processes.add(program.start(starting, files, slot, this::renewUnlessDraining, this::wake));
      LOG.info("run {}, attempt {}: training on {}", run.id(), run.attempt(), slot.name());
    } catch (DatabaseException e) {
      throw e; // by a renewal
    } catch (CancellationException e) {
      queue.end(taken.get(), Outcome.released(e.getMessage()));
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
    } finally {
      starting = null;
    }
    return true;
  }

  /** Waits until the next poll or {@link #wake}. */
  private void pause() {
    lock.lock();
    try {
      long nanos = settings.poll().toNanos();
      while (!awake && nanos > 0) {
        nanos = woken.awaitNanos(nanos);
      }
      awake = false;
    } catch (InterruptedException e) {
      throw new AssertionError("this thread is never interrupted", e);
    } finally {
      lock.unlock();
    }
  }
}
