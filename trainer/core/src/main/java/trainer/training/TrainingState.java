package trainer.training;

import trainer.config.Training;
import trainer.engine.Engine;

/**
 * Where a run stands: {@link Progress} while it changes, and what the present iteration brought.
 */
public final class TrainingState {
  /** Weight of the newest loss in {@link #runningLoss}: a memory of about 100 iterations. */
  private static final double NEWEST = 0.01;

  private final Progress start;
  private final long startNanos = System.nanoTime();
  private int iteration;
  private int epoch;
  private long segment;
  private long epochIteration; // of the present iteration in its epoch, from 1
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

  /** Continues from a checkpoint, or begins at {@link Progress#start}. */
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

  /** The present moment, for a checkpoint. */
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
        start.learningRateFactor());
  }

  void stepped(Engine.Step step, double rate, int segmentCharacters, long segmentsPerEpoch) {
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

  /** Starts the next report's mean after {@link #meanLoss} has been written. */
  public void reported() {
    reportedIterations = 0;
    reportedLoss = 0;
  }

  /**
   * Says that the present iteration's evaluation or samples were cut short by a stop: nothing of it
   * is to be recorded, and who goes on from here begins with them.
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
   * Ends the run if early stopping or the number of iterations says so.
   *
   * @param iterations of the whole run
   */
  public void finishIfComplete(Training training, long iterations) {
    Integer patience = training.earlyStopping().patience();
    if (patience != null && validation.evaluationsWithoutImprovement() >= patience) {
      finish("no improvement in %d evaluations".formatted(patience));
    } else if (iteration >= iterations) {
      finish("%,d iterations".formatted(iteration));
    }
  }

  /** Ends the run after the present iteration. */
  void finish(String why) {
    finished = why;
  }

  /**
   * Whether something that happens every so many iterations, and at the end, happens now; 0: only
   * at the end.
   */
  public boolean isDue(int everyIterations) {
    return finished != null || (everyIterations > 0 && iteration % everyIterations == 0);
  }

  /** Whether the present iteration's evaluation or samples were cut short. */
  public boolean isInterrupted() {
    return interrupted;
  }

  /**
   * Whether the present iteration's update was made by an earlier process: its loss is not known
   * here, and was found good there.
   */
  public boolean isFromEarlierProcess() {
    return iteration == start.iteration();
  }

  /**
   * Whether the update that the run goes on from still waits for its evaluation, report and
   * samples.
   */
  public boolean startsUnrecorded() {
    return start.recorded() < start.iteration();
  }

  /** Why the run is complete, such as {@code 20 epochs}; null while it is not. */
  public String finished() {
    return finished;
  }

  /** Whether the present iteration was the first of its epoch. */
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

  /** Segments of the present pass completed. */
  public long segment() {
    return segment;
  }

  /** Characters trained on. */
  public long characters() {
    return characters;
  }

  /** Time spent training, that of earlier processes included. */
  public double seconds() {
    return start.seconds() + (System.nanoTime() - startNanos) / 1e9;
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

  /** What the scheduled rate is multiplied by; below 1 after a divergence. */
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

  /** What the evaluations have found so far. */
  public Validation validation() {
    return validation;
  }

  /**
   * Validation loss of the present iteration, nats per character; null where it was not measured.
   */
  public Double validationLoss() {
    return validationLoss;
  }
}
