package trainer.training;

import java.util.Arrays;

/**
 * The speed of training steps, from reading their characters to the update, without start-up,
 * evaluations, samples and checkpoints: the median of the latest {@value #STEPS} steps. Of fewer
 * than twice as many, the latest half counts: while the JVM compiles, steps are slow.
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
    double[] sorted = new double[Math.min((steps + 1) / 2, STEPS)];
    Arrays.setAll(sorted, i -> values[(steps - 1 - i) % STEPS]);
    Arrays.sort(sorted);
    return sorted.length == 0
        ? Double.NaN
        : (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }
}
