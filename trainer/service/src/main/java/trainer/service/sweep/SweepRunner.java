package trainer.service.sweep;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.service.Threads;
import trainer.service.database.DatabaseException;
import trainer.service.live.LiveRuns;
import trainer.service.live.RunProgress;
import trainer.service.registry.Registry;
import trainer.service.registry.RegistryException;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.sweep.Sweep.State;
import trainer.trial.Halving;

/**
 * Takes sweeps from step to step. One thread polls for sweeps whose runs have all ended. What it
 * decides depends on the runs alone, and one transaction makes it so: a process that dies, or
 * another one that decides too, changes nothing.
 */
public final class SweepRunner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SweepRunner.class);

  private final Sweeps sweeps;
  private final RunFiles files;
  private final LiveRuns live;
  private final Registry registry;
  private final Duration poll;
  private final Runnable submitted;
  private final Semaphore bell = new Semaphore(0);
  private final Thread thread = new Thread(this::work, "sweeps");
  private volatile boolean closing;

  /**
   * @param submitted called after runs were queued or cancelled
   */
  public SweepRunner(
      Sweeps sweeps,
      RunFiles files,
      LiveRuns live,
      Registry registry,
      Duration poll,
      Runnable submitted) {
    this.sweeps = sweeps;
    this.files = files;
    this.live = live;
    this.registry = registry;
    this.poll = poll;
    this.submitted = submitted;
  }

  public void start() {
    thread.start();
  }

  private void work() {
    while (!closing) {
      try {
        sweeps.running().forEach(this::attempt);
      } catch (DatabaseException e) {
        LOG.warn("{}", e.getMessage());
      } catch (RuntimeException | Error e) { // such as a lack of memory
        LOG.error("unexpected failure; the sweeps continue", e);
      }
      try {
        if (bell.tryAcquire(poll.toNanos(), TimeUnit.NANOSECONDS)) {
          bell.drainPermits();
        }
      } catch (InterruptedException e) {
        throw new AssertionError("this thread is never interrupted", e);
      }
    }
  }

  /** One that fails, as on a full disk, is tried again at the next poll, and delays no other. */
  private void attempt(Sweep sweep) {
    try {
      turn(sweep);
    } catch (DatabaseException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      LOG.error("sweep {}: unexpected failure; it is tried again", sweep.id(), e);
    }
  }

  /** Takes a sweep one step further, if its runs have ended. */
  private void turn(Sweep sweep) {
    List<Trial> trials = sweeps.trials(sweep);
    Map<String, Run> runs = sweeps.runs(sweep);
    List<Trial> active = new ArrayList<>();
    boolean open = false;
    for (Trial trial : trials) {
      if (trial.state() == Trial.State.ACTIVE) {
        Run run = runs.get(trial.run());
        open |= run != null && !run.state().isFinal();
        active.add(trial);
      }
    }
    if (open) {
      stopAfterItsTime(sweep, runs);
      return;
    }
    List<Trial> ended = new ArrayList<>();
    for (Trial trial : active) {
      Trial measured = ended(trial, runs.get(trial.run()));
      ended.add(sweep.step() == 0 ? measured.first() : measured);
    }
    List<Integer> counts = List.copyOf(sweep.steps(trials.size()).values());
    boolean last = sweep.step() == counts.size() - 1;
    boolean some = ended.stream().anyMatch(trial -> trial.state() == Trial.State.ACTIVE);
    if (sweep.stopping() == null && !last && some) {
      if (sweeps.advance(sweep, halved(ended, counts.get(sweep.step() + 1)), trials.size())) {
        LOG.info("sweep {}: step {} of {}", sweep.id(), sweep.step() + 2, counts.size());
        submitted.run();
      }
    } else {
      end(sweep, ended, last);
    }
  }

  /** What was measured of a trial whose run has ended; active if it has come to its end. */
  private Trial ended(Trial trial, Run run) {
    if (run == null) {
      return trial.in(Trial.State.FAILED, "its run was deleted");
    }
    Trial measured = measured(trial, live.last(run));
    return switch (run.state()) {
      case SUCCEEDED -> measured;
      case CANCELLED -> measured.in(Trial.State.CANCELLED, run.reason());
      case FAILED, INTERRUPTED -> measured.in(Trial.State.FAILED, run.reason());
      case QUEUED, RUNNING -> throw new IllegalStateException(run.id() + " has not ended");
    };
  }

  /** A trial with the figures of its run as they are now. */
  public static Trial measured(Trial trial, Run run, LiveRuns live) {
    return measured(trial, live.progress(run));
  }

  private static Trial measured(Trial trial, Optional<RunProgress> figures) {
    return figures
        .map(
            progress ->
                trial.measured(
                    progress.bestValidationLoss(),
                    progress.bestIteration() > 0 ? progress.bestIteration() : null,
                    progress.last().iteration()))
        .orElse(trial);
  }

  private static double loss(Trial trial) {
    return trial.loss() == null ? Double.NaN : trial.loss();
  }

  /** The best go on. */
  private static List<Trial> halved(List<Trial> ended, int count) {
    List<Trial> left = ended.stream().filter(SweepRunner::isActive).toList();
    List<Trial> best =
        Halving.ranked(left, SweepRunner::loss).subList(0, Math.min(count, left.size()));
    return ended.stream()
        .map(
            trial ->
                isActive(trial) && !best.contains(trial) ? trial.in(Trial.State.DROPPED) : trial)
        .toList();
  }

  private static boolean isActive(Trial trial) {
    return trial.state() == Trial.State.ACTIVE;
  }

  /** Seconds that its trials were trained, all together, as {@code metrics.csv} says. */
  private double seconds(Map<String, Run> runs) {
    return runs.values().stream()
        .map(live::progress)
        .flatMap(Optional::stream)
        .map(RunProgress::last)
        .map(row -> row.seconds())
        .filter(Objects::nonNull)
        .mapToDouble(Double::doubleValue)
        .sum();
  }

  private void stopAfterItsTime(Sweep sweep, Map<String, Run> runs) {
    Double minutes = sweep.plan().maxMinutes();
    if (minutes != null && sweep.stopping() == null && seconds(runs) >= 60 * minutes) {
      if (sweeps.stop(
          sweep, "max_minutes: its trials were trained for %s minutes".formatted(minutes))) {
        LOG.info("sweep {}: its time budget is used up", sweep.id());
        submitted.run();
      }
    }
  }

  private void end(Sweep sweep, List<Trial> ended, boolean last) {
    List<Trial> trials =
        ended.stream()
            .map(
                trial ->
                    isActive(trial)
                        ? trial.in(last ? Trial.State.FINISHED : Trial.State.CANCELLED)
                        : trial)
            .toList();
    if (Sweeps.CANCELLED.equals(sweep.stopping())) {
      end(sweep, trials, State.CANCELLED, sweep.stopping(), null);
      return;
    }
    // At the end of a time budget, any that was measured.
    Optional<Trial> best =
        Halving.ranked(
                trials.stream()
                    .filter(
                        trial ->
                            trial.state() == Trial.State.FINISHED
                                || (sweep.stopping() != null && trial.loss() != null))
                    .toList(),
                SweepRunner::loss)
            .stream()
            .findFirst();
    if (best.isEmpty()) {
      String first =
          trials.stream().map(Trial::reason).filter(Objects::nonNull).findFirst().orElse("?");
      end(
          sweep,
          trials,
          State.FAILED,
          "no trial was trained to the end; the first: " + first,
          null);
      return;
    }
    if (sweep.plan().model() == null) {
      end(sweep, trials, State.SUCCEEDED, sweep.stopping(), null);
      return;
    }
    Integer version = null;
    State state = State.SUCCEEDED;
    String reason = sweep.stopping();
    try {
      version = register(sweep, best.get());
    } catch (RegistryException e) {
      state = State.FAILED;
      reason =
          (reason == null ? "" : reason + "; ")
              + "its best trial was not registered: "
              + e.getMessage();
    }
    end(sweep, trials, state, reason, version);
  }

  private int register(Sweep sweep, Trial best) {
    Run run = sweeps.runs(sweep).get(best.run());
    return registry
        .register(sweep.plan().model(), files.newest(run), run.id(), sweep.submittedBy())
        .version();
  }

  private void end(Sweep sweep, List<Trial> trials, State state, String reason, Integer version) {
    if (sweeps.end(sweep, trials, state, reason, version)) {
      LOG.info(
          "sweep {}: {}{}", sweep.id(), state.word(), reason == null ? "" : " (" + reason + ")");
    }
  }

  /** Stops after the current step; another process can continue. */
  @Override
  public void close() {
    closing = true;
    bell.release();
    Threads.join(List.of(thread));
  }
}
