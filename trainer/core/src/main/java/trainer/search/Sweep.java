package trainer.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import trainer.config.Configuration;
import trainer.file.TrainerException;
import trainer.job.JobReporter;
import trainer.job.TrainingJob;
import trainer.job.TrainingResult;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunException;
import trainer.search.TrialResult.State;
import trainer.text.TextException;
import trainer.training.StopSignal;
import trainer.training.TrainingException;
import trainer.trial.Halving;

/**
 * Trains one run per trial, one after the other, and orders them by their lowest validation loss.
 * Each run is a usual one: a sweep that was stopped or killed goes on where it was, and ends with
 * the same bytes.
 *
 * <p>With {@link #halving} poor trials end early: see {@link Halving}.
 */
public final class Sweep {
  private final List<Trial> trials;
  private int keepOneIn = 1;
  private Listener listener = new Listener() {};
  private StopSignal stop = new StopSignal();

  /** Follows a sweep, in the thread that runs it. Does nothing by default. */
  public interface Listener {
    /**
     * A run starts, or resumes.
     *
     * @param until iterations that it is trained to
     */
    default void starts(Trial trial, int until) {}

    /** Receives the messages and progress of the run that has started. */
    default JobReporter reporter() {
      return JobReporter.SILENT;
    }

    /** A run has ended, or has come as far as was asked. */
    default void ended(TrialResult result) {}
  }

  /**
   * A sweep.
   *
   * @throws RunException if two trials have the same directory
   */
  public Sweep(List<Trial> trials) {
    this.trials = List.copyOf(trials);
    Set<Object> directories = new HashSet<>();
    for (Trial trial : trials) {
      if (!directories.add(trial.directory())) {
        throw new RunException("two trials are the same: " + trial.name());
      }
    }
  }

  /**
   * Ends poor trials early.
   *
   * @param factor one in so many goes on, for so many times as many iterations; 1: all
   * @throws RunException if the trials {@linkplain Halving#check cannot be ended early}
   */
  public Sweep halving(int factor) {
    if (factor > 1) {
      Halving.check(trials.stream().map(trial -> trial.configuration().training()).toList());
    }
    keepOneIn = factor;
    return this;
  }

  /** Follows the sweep. Default: nobody. */
  public Sweep listener(Listener follower) {
    listener = follower;
    return this;
  }

  /** Lets another thread stop the sweep; the run in progress leaves a checkpoint. */
  public Sweep stop(StopSignal signal) {
    stop = signal;
    return this;
  }

  /**
   * The iterations that trials are trained to before some are dropped, and the number of trials
   * that are: one step without halving, with {@link Integer#MAX_VALUE} where it is each trial's own
   * matter.
   */
  public Map<Integer, Integer> steps() {
    Integer whole = trials.get(0).configuration().training().maxIterations();
    return Halving.steps(trials.size(), whole, keepOneIn);
  }

  /**
   * Trains all.
   *
   * @return the best first
   * @throws CancellationException if stopped
   * @throws TrainerException if the machine fails, such as by a full disk; a trial whose training
   *     fails is a result
   */
  public List<TrialResult> run() {
    boolean first = true;
    List<TrialResult> finished = new ArrayList<>();
    List<TrialResult> dropped = new ArrayList<>();
    List<TrialResult> failed = new ArrayList<>();
    for (Map.Entry<Integer, Integer> step : steps().entrySet()) {
      List<TrialResult> ranked = Halving.ranked(finished, TrialResult::loss);
      int kept = Math.min(step.getValue(), ranked.size());
      ranked.subList(kept, ranked.size()).forEach(result -> dropped.add(result.dropped()));
      List<Trial> left =
          first ? trials : ranked.subList(0, kept).stream().map(TrialResult::trial).toList();
      first = false;
      finished.clear();
      for (Trial trial : left) {
        listener.starts(trial, step.getKey());
        TrialResult result = train(trial, step.getKey());
        listener.ended(result);
        (result.state() == State.FAILED ? failed : finished).add(result);
      }
    }
    List<TrialResult> all = new ArrayList<>(Halving.ranked(finished, TrialResult::loss));
    dropped.sort(
        Comparator.comparingInt(TrialResult::iterations)
            .reversed()
            .thenComparingDouble(TrialResult::loss));
    all.addAll(dropped);
    all.addAll(failed);
    return all;
  }

  private TrialResult train(Trial trial, int until) {
    Configuration configuration = trial.configuration();
    if (until != Integer.MAX_VALUE) {
      configuration = configuration.with(configuration.training().withIterations(until));
    }
    TrainingResult result;
    try {
      result =
          new TrainingJob(configuration, trial.directory())
              .reporter(listener.reporter())
              .stop(stop)
              .run();
    } catch (TrainingException | TextException e) { // such as divergence, or too many lanes
      if (e instanceof TextException && e.isTransient()) {
        throw e;
      }
      return TrialResult.failed(trial, e.getMessage());
    }
    switch (result.outcome()) {
      case STOPPED, NOT_STARTED -> throw new CancellationException(result.reason());
      case FINISHED, COMPLETE_BEFORE -> {}
    }
    MetricsRow best = null;
    int last = 0;
    for (MetricsRow row : Metrics.read(result.directory().metrics())) {
      // A sweep that is run again finds runs that were trained further.
      if (row.iteration() <= until) {
        last = row.iteration();
        if (row.validationLoss() != null
            && (best == null || row.validationLoss() < best.validationLoss())) {
          best = row;
        }
      }
    }
    return new TrialResult(
        trial,
        State.FINISHED,
        best == null ? Double.NaN : best.validationLoss(),
        best == null ? 0 : best.iteration(),
        last,
        result.charactersPerSecond(),
        null);
  }
}
