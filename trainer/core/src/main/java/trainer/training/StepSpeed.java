package trainer.training;

import java.util.Arrays;

/**
 * The speed of training steps, from reading their characters to the update, without start-up,
 * evaluations, samples and checkpoints: the median of the latest {@value #STEPS} steps.
 */
final class StepSpeed {
  static final int STEPS = 100;

  private final double[] seconds = new double[STEPS]; // of step k at k % STEPS
  private final double[] charactersPerSecond = new double[STEPS];
  private int steps;

  void add(double stepSeconds, int characters) {
    seconds[steps % STEPS] = stepSeconds;
    charactersPerSecond[steps % STEPS] = characters / stepSeconds;
    steps++;
  }

  /** NaN before the first step. */
  double secondsPerStep() {
    return median(seconds);
  }

  /** NaN before the first step. */
  double charactersPerSecond() {
    return median(charactersPerSecond);
  }

  private double median(double... values) {
    double[] sorted = Arrays.copyOf(values, Math.min(steps, STEPS));
    Arrays.sort(sorted);
    return sorted.length == 0
        ? Double.NaN
        : (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }
}
