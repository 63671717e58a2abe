package trainer.training;

import java.util.Locale;
import trainer.config.Training;
import trainer.config.Training.EarlyStopping;
import trainer.engine.Engine;

/** The mutable {@link Progress} of a run, and the results of the current iteration. */
public final class TrainingState {
  /** Weight of the newest loss in {@link #runningLoss}: averages about 100 iterations. */
  private static final double NEWEST = 0.01;

  private final Progress start;
  private final long startNanos = System.nanoTime();
  private final StepSpeed speed = new StepSpeed();
  private long stepNanos; // start of the current step; 0: unknown
  private int iteration;
  private int epoch;
  private long segment;
  private long epochIteration; // current iteration within its epoch, from 1
  private long characters;
  private int reportedIterations;
  private double reportedLoss;
  private double loss = Double.NaN;
  private double gradientNorm;
  private double learningRate;
  private double runningLoss;
  private Validation validation;
  private Validation beforeEvaluation;
  private Double validationLoss;
  private boolean interrupted;
  private String finished;

  /** Continues from a checkpoint's progress, or from {@link Progress#start}. */
  public TrainingState(Progress from) {
    start = from;
    iteration = from.iteration();
    epoch = from.epoch();
    segment = from.segment();
    characters = from.characters();
    reportedIterations = from.reportedIterations();
    reportedLoss = from.reportedLoss();
    gradientNorm = from.gradientNorm();
    learningRate = from.learningRate();
    runningLoss = from.runningLoss();
    validation = from.validation();
  }

  /** A snapshot, for a checkpoint. */
  public Progress progress() {
    return new Progress(
        iteration,
        interrupted ? iteration - 1 : iteration,
        epoch,
        segment,
        characters,
        seconds(),
        reportedIterations,
        reportedLoss,
        gradientNorm,
        learningRate,
        runningLoss,
        validation,
        start.learningRateFactor(),
        start.earlierUpdates());
  }

  /** A step starts; {@link #stepped} ends it. */
  void stepping() {
    stepNanos = System.nanoTime();
  }

  void stepped(Engine.Step step, double rate, int segmentCharacters, long segmentsPerEpoch) {
    if (stepNanos != 0) {
      speed.add((System.nanoTime() - stepNanos) / 1e9, segmentCharacters);
    }
    iteration++;
    segment++;
    epochIteration = segment;
    if (segment == segmentsPerEpoch) {
      segment = 0;
      epoch++;
    }
    characters += segmentCharacters;
    loss = step.loss();
    gradientNorm = step.gradientNorm();
    learningRate = rate;
    reportedIterations++;
    reportedLoss += loss;
    runningLoss = Double.isNaN(runningLoss) ? loss : runningLoss + NEWEST * (loss - runningLoss);
    validationLoss = null;
  }

  void evaluated(double measured, double minDelta) {
    beforeEvaluation = validation;
    validationLoss = measured;
    validation = validation.measured(measured, iteration, minDelta);
  }

  /** Resets {@link #meanLoss} after a report. */
  public void reported() {
    reportedIterations = 0;
    reportedLoss = 0;
  }

  /**
   * Marks the current iteration's evaluation or samples as aborted by a stop. Nothing of the
   * iteration is recorded; a resumed run starts with them.
   */
  public void interrupted() {
    interrupted = true;
    finished = null;
    if (validationLoss != null) {
      validationLoss = null;
      validation = beforeEvaluation;
    }
  }

  /**
   * Completes the run if early stopping applies, all iterations are done, or the time is up after
   * at least one.
   *
   * @param iterations of the whole run
   */
  public void finishIfComplete(Training training, long iterations) {
    if (finishIfNotImproving(training.earlyStopping())) {
      return;
    }
    if (iteration >= iterations) {
      finish(
          iteration == 1 ? "1 iteration" : String.format(Locale.ROOT, "%,d iterations", iteration));
    } else if (iteration > 0 && training.maxMinutes() != null && secondsLeft(training) <= 0) {
      finish(minutes(training.maxMinutes()) + " minutes of training");
    }
  }

  private static String minutes(double minutes) {
    return minutes == Math.rint(minutes)
        ? String.format(Locale.ROOT, "%,.0f", minutes)
        : Double.toString(minutes);
  }

  /** Seconds until the end of the time budget, at least 0; infinite without one. */
  public double secondsLeft(Training training) {
    return training.maxMinutes() == null
        ? Double.POSITIVE_INFINITY
        : Math.max(0, 60 * training.maxMinutes() - seconds());
  }

  /** Completes the run if early stopping applies; whether it does. */
  boolean finishIfNotImproving(EarlyStopping stopping) {
    Integer patience = stopping.patience();
    int without = validation.evaluationsWithoutImprovement();
    if (patience == null || without < patience) {
      return false;
    }
    // A loss may be the lowest so far, and still no improvement of this size.
    String size =
        stopping.minDelta() == 0
            ? ""
            : " of more than training.early_stopping.min_delta, %s nats,"
                .formatted(stopping.minDelta());
    finish("no improvement%s in %d evaluation%s".formatted(size, without, without == 1 ? "" : "s"));
    return true;
  }

  void finish(String why) {
    finished = why;
  }

  /**
   * Whether a task that runs every N iterations and at the end is due.
   *
   * @param everyIterations N; 0: only at the end
   */
  public boolean isDue(int everyIterations) {
    return finished != null || (everyIterations > 0 && iteration % everyIterations == 0);
  }

  /** Whether the current iteration's evaluation or samples were aborted by a stop. */
  public boolean isInterrupted() {
    return interrupted;
  }

  /**
   * Whether an earlier process made the current iteration's update. Its loss is unknown here; that
   * process has checked it.
   */
  public boolean isFromEarlierProcess() {
    return iteration == start.iteration();
  }

  /**
   * Whether the run resumes at an update whose evaluation, report and samples are still to be done.
   */
  public boolean startsUnrecorded() {
    return start.recorded() < start.iteration();
  }

  /** Why the run is complete, such as {@code 3,300 iterations}; null until then. */
  public String finished() {
    return finished;
  }

  /** Whether the current iteration is the first of its epoch. */
  public boolean startsEpoch() {
    return epochIteration == 1;
  }

  /** Updates made. */
  public int iteration() {
    return iteration;
  }

  /** Passes over the corpus completed. */
  public int epoch() {
    return epoch;
  }

  /** Segments of the current pass completed. */
  public long segment() {
    return segment;
  }

  /** Characters trained on. */
  public long characters() {
    return characters;
  }

  /** Seconds spent training, earlier processes included. */
  public double seconds() {
    return start.seconds() + (System.nanoTime() - startNanos) / 1e9;
  }

  /**
   * Speed of training steps: the median of this process's latest 100, without start-up,
   * evaluations, samples and checkpoints. NaN before the first step.
   */
  public double charactersPerSecond() {
    return speed.charactersPerSecond();
  }

  /** Duration of a training step, as {@link #charactersPerSecond}. */
  public double secondsPerStep() {
    return speed.secondsPerStep();
  }

  /** Loss of the last iteration, nats per character; NaN before the first of this process. */
  public double loss() {
    return loss;
  }

  /** Mean loss since the last report, nats per character. */
  public double meanLoss() {
    return reportedLoss / reportedIterations;
  }

  /** Iterations since the last report. */
  public int reportedIterations() {
    return reportedIterations;
  }

  /** L2 norm of the last gradient before clipping. */
  public double gradientNorm() {
    return gradientNorm;
  }

  /** Factor on the scheduled rate; below 1 after a divergence. */
  public double learningRateFactor() {
    return start.learningRateFactor();
  }

  /** Rate of the last update. */
  public double learningRate() {
    return learningRate;
  }

  /** Exponential mean of the loss over about 100 iterations, nats per character. */
  public double runningLoss() {
    return runningLoss;
  }

  /** Results of the evaluations so far. */
  public Validation validation() {
    return validation;
  }

  /** Validation loss of the current iteration, nats per character; null if not evaluated. */
  public Double validationLoss() {
    return validationLoss;
  }
}
