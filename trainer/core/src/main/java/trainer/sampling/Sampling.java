package trainer.sampling;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Draws characters from a network's distribution.
 *
 * @param temperature divides the log-probabilities: below 1 sharpens the distribution, above 1
 *     flattens it; greater than 0
 * @param topK draw from the k most probable characters; 0: all
 * @param topP draw from the most probable characters that together reach this probability (nucleus
 *     sampling, Holtzman et al., 2020); in (0, 1]
 */
public record Sampling(double temperature, int topK, double topP) {

  /** Checks the ranges. */
  public Sampling {
    check(temperature > 0 && Double.isFinite(temperature), "temperature", temperature, "> 0");
    check(topK >= 0, "top-k", topK, "0 (all characters) or more");
    check(topP > 0 && topP <= 1, "top-p", topP, "greater than 0 and at most 1");
  }

  private static void check(boolean valid, String name, Number value, String range) {
    if (!valid) {
      throw new IllegalArgumentException("%s %s: must be %s".formatted(name, value, range));
    }
  }

  /** Sampling from all characters at a temperature. */
  public static Sampling of(double temperature) {
    return new Sampling(temperature, 0, 1);
  }

  /**
   * Draws an index.
   *
   * @param logProbabilities of each character; the probabilities need not sum to exactly 1
   */
  public int draw(float[] logProbabilities, SplittableRandom random) {
    double[] weights = weights(logProbabilities);
    int[] candidates = candidates(weights);
    double total = 0;
    for (int candidate : candidates) {
      total += weights[candidate];
    }
    double left = random.nextDouble() * total;
    for (int candidate : candidates) {
      left -= weights[candidate];
      if (left < 0) {
        return candidate;
      }
    }
    return candidates[candidates.length - 1];
  }

  /** Probabilities at the temperature, the largest scaled to 1. */
  private double[] weights(float[] logProbabilities) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float value : logProbabilities) {
      largest = Math.max(largest, value);
    }
    double[] weights = new double[logProbabilities.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp((logProbabilities[i] - largest) / temperature);
    }
    return weights;
  }

  /** The characters to draw from; sorted by probability if restricted. */
  private int[] candidates(double[] weights) {
    int size = weights.length;
    if ((topK == 0 || topK >= size) && topP == 1) {
      return IntStream.range(0, size).toArray();
    }
    int[] sorted =
        IntStream.range(0, size)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> weights[i]).reversed())
            .mapToInt(Integer::intValue)
            .toArray();
    int count = topK == 0 ? size : Math.min(topK, size);
    double goal = topP * Arrays.stream(weights).sum();
    double reached = 0;
    for (int i = 0; i < count; i++) {
      reached += weights[sorted[i]];
      if (reached >= goal) {
        count = i + 1;
      }
    }
    return Arrays.copyOf(sorted, count);
  }
}
