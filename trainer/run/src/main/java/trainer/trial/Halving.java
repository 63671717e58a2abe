package trainer.trial;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import trainer.config.Training;
import trainer.run.RunException;

/**
 * Successive halving (Jamieson and Talwalkar 2016, <i>Non-stochastic best arm identification and
 * hyperparameter optimization</i>): all trials are trained for a part of their iterations, the best
 * of them for a multiple of that, and so on; only the last few are trained to the end.
 */
public final class Halving {
  private Halving() {}

  /**
   * Checks that trials can be ended early.
   *
   * @throws RunException if they have no {@code training.max_iterations}, different ones, or a
   *     learning rate that depends on it
   */
  public static void check(List<Training> trials) {
    Integer iterations = trials.get(0).maxIterations();
    for (Training training : trials) {
      if (training.maxIterations() == null || !training.maxIterations().equals(iterations)) {
        throw new RunException(
            "--halving: all trials must have the same training.max_iterations: set it in the"
                + " configuration, and do not vary it");
      }
      if (training.schedule().dependsOnLength()) {
        throw new RunException(
            "--halving: training.schedule must not depend on the length of the run, which is not"
                + " the same for all trials: use constant, step or exponential");
      }
    }
  }

  /**
   * The iterations that trials are trained to before some are dropped, and the number of trials
   * that are.
   *
   * @param trials number of trials
   * @param iterations of a whole run
   * @param factor one in so many goes on, for so many times as many iterations; 1: all, to {@link
   *     Integer#MAX_VALUE}, each as it is configured
   */
  public static Map<Integer, Integer> steps(int trials, Integer iterations, int factor) {
    Map<Integer, Integer> steps = new LinkedHashMap<>();
    if (factor == 1) {
      steps.put(Integer.MAX_VALUE, trials);
      return steps;
    }
    List<Integer> counts = new ArrayList<>();
    for (int left = trials; left > 1; left = Math.max(1, left / factor)) {
      counts.add(left);
    }
    counts.add(1);
    double share = Math.pow(factor, counts.size() - 1);
    for (int count : counts) {
      steps.putIfAbsent((int) Math.max(1, Math.round(iterations / share)), count);
      share /= factor;
    }
    return steps;
  }

  /** The lowest loss first; NaN is last, and equal losses keep their order. */
  public static <T> List<T> ranked(List<T> results, ToDoubleFunction<T> loss) {
    return results.stream().sorted(Comparator.comparingDouble(loss)).toList();
  }
}
