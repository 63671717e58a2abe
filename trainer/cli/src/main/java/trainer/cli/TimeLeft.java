package trainer.cli;

import java.util.EnumMap;
import java.util.Map;
import trainer.config.Configuration;
import trainer.training.Phase;

/**
 * Estimates the time left of a run: its steps at their present speed, and the evaluations, samples
 * and checkpoints that are still to come at their mean cost so far. Before the first evaluation its
 * expected cost counts. Times are in seconds.
 */
final class TimeLeft {
  private final Configuration configuration;
  private final int startIteration;
  private final long iterations;
  private final Map<Phase, Double> seconds = new EnumMap<>(Phase.class);
  private final Map<Phase, Integer> counts = new EnumMap<>(Phase.class);
  private Phase phase; // null during a step
  private double since;
  private double expectedEvaluation; // seconds; counts until the first

  /**
   * @param iterations of the whole run
   */
  TimeLeft(Configuration configuration, int startIteration, long iterations) {
    this.configuration = configuration;
    this.startIteration = startIteration;
    this.iterations = iterations;
  }

  /** Whether the cost of evaluations is still to be estimated. */
  boolean lacksEvaluation() {
    return expectedEvaluation == 0 && !counts.containsKey(Phase.VALIDATING);
  }

  /**
   * Sets what the first evaluation will probably cost.
   *
   * @param estimate seconds
   */
  void expectEvaluation(double estimate) {
    expectedEvaluation = estimate;
  }

  /** A phase between two steps starts, and ends the one before. */
  void starts(Phase next, double now) {
    ends(now);
    phase = next;
    since = now;
  }

  /** The next step starts. */
  void ends(double now) {
    if (phase != null) {
      seconds.merge(phase, now - since, Double::sum);
      counts.merge(phase, 1, Integer::sum);
      phase = null;
    }
  }

  /**
   * The time left after an iteration; NaN before the first step.
   *
   * @param spent by all attempts
   */
  double after(int iteration, double secondsPerStep, double spent) {
    double left = (iterations - iteration) * secondsPerStep;
    for (Phase each : Phase.values()) {
      left += (remaining(each, iteration) + (each == phase ? 1 : 0)) * cost(each);
    }
    Double minutes = configuration.training().maxMinutes();
    return minutes == null ? left : Math.min(left, Math.max(0, 60 * minutes - spent));
  }

  /** Mean so far, or what is expected. */
  private double cost(Phase of) {
    return counts.containsKey(of)
        ? seconds.get(of) / counts.get(of)
        : of == Phase.VALIDATING ? expectedEvaluation : 0;
  }

  private double remaining(Phase of, int iteration) {
    return switch (of) {
      case VALIDATING -> due(configuration.evaluation().everyIterations(), iteration);
      case SAMPLING -> due(configuration.samples().everyIterations(), iteration);
      case WRITING_CHECKPOINT -> // new best losses and minutes are not known in advance
          (double) counts.getOrDefault(of, 0)
              * (iterations - iteration)
              / Math.max(1, iteration - startIteration);
    };
  }

  /** How often a task is due that runs every N iterations and at the end. */
  private long due(int everyIterations, int iteration) {
    if (iteration >= iterations) {
      return 0;
    }
    if (everyIterations == 0) {
      return 1;
    }
    long atTheEnd = iterations % everyIterations == 0 ? 0 : 1;
    return iterations / everyIterations - iteration / everyIterations + atTheEnd;
  }
}
