package trainer.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import trainer.config.Configuration;
import trainer.config.Training;
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

/**
 * Trains one run per trial, one after the other, and orders them by their lowest validation loss.
 * Each run is a usual one: a sweep that was stopped or killed goes on where it was, and ends with
 * the same bytes.
 *
 * <p>With {@link #halving} poor trials end early (Jamieson and Talwalkar 2016, <i>Non-stochastic
 * best arm identification and hyperparameter optimization</i>): all are trained for a part of their
 * iterations, the best of them for a multiple of that, and so on; only the last few are trained to
 * the end.
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
   * @throws RunException if the trials have no {@code training.max_iterations}, different ones, or
   *     a learning rate that depends on it
   */
  public Sweep halving(int factor) {
    if (factor > 1) {
      Integer iterations = trials.get(0).configuration().training().maxIterations();
      for (Trial trial : trials) {
        Training training = trial.configuration().training();
        if (training.maxIterations() == null || !training.maxIterations().equals(iterations)) {
          throw new RunException(
              "--halving: all trials must have the same training.max_iterations: add --set"
                  + " training.max_iterations=N");
        }
        if (training.schedule().dependsOnLength()) {
          throw new RunException(
              "--halving: training.schedule must not depend on the length of the run, which is not"
                  + " the same for all trials: use constant, step or exponential");
        }
      }
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
    Map<Integer, Integer> steps = new LinkedHashMap<>();
    if (keepOneIn > 1) {
      int whole = trials.get(0).configuration().training().maxIterations();
      List<Integer> counts = new ArrayList<>();
      for (int left = trials.size(); left > 1; left = Math.max(1, left / keepOneIn)) {
        counts.add(left);
      }
      counts.add(1);
      double share = Math.pow(keepOneIn, counts.size() - 1);
      for (int count : counts) {
        steps.putIfAbsent((int) Math.max(1, Math.round(whole / share)), count);
        share /= keepOneIn;
      }
      return steps;
    }
    steps.put(Integer.MAX_VALUE, trials.size());
    return steps;
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
    Comparator<TrialResult> better = Comparator.comparingDouble(TrialResult::loss); // NaN is last
    boolean first = true;
    List<TrialResult> finished = new ArrayList<>();
    List<TrialResult> dropped = new ArrayList<>();
    List<TrialResult> failed = new ArrayList<>();
    for (Map.Entry<Integer, Integer> step : steps().entrySet()) {
      finished.sort(better);
      List<TrialResult> worse =
          finished.subList(Math.min(step.getValue(), finished.size()), finished.size());
      worse.forEach(result -> dropped.add(result.dropped()));
      worse.clear();
      List<Trial> left = first ? trials : finished.stream().map(TrialResult::trial).toList();
      first = false;
      finished.clear();
      for (Trial trial : left) {
        listener.starts(trial, step.getKey());
        TrialResult result = train(trial, step.getKey());
        listener.ended(result);
        (result.state() == State.FAILED ? failed : finished).add(result);
      }
    }
    finished.sort(better);
    dropped.sort(Comparator.comparingInt(TrialResult::iterations).reversed().thenComparing(better));
    finished.addAll(dropped);
    finished.addAll(failed);
    return finished;
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
