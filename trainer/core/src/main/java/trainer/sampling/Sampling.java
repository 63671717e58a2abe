package trainer.sampling;

import it.unimi.dsi.fastutil.doubles.DoubleHeapPriorityQueue;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import trainer.run.RunException;

/**
 * Draws characters from a network's distribution.
 *
 * @param temperature divides the log-probabilities: below 1 sharpens the distribution, above 1
 *     flattens it; 0: always the most probable character
 * @param topK draw from the k most probable characters; 0: all
 * @param topP draw from the most probable characters that together reach this probability (nucleus
 *     sampling, Holtzman et al., 2020); in (0, 1]
 */
public record Sampling(double temperature, int topK, double topP) {

  /** Checks the ranges. */
  public Sampling {
    check(
        temperature >= 0 && Double.isFinite(temperature),
        "temperature",
        temperature,
        "0 (the most probable character) or more");
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
   * Draws an index. At temperature 0 it is that of the largest value, the first if several are
   * equal.
   *
   * @param logProbabilities of each character; the probabilities need not sum to exactly 1
   * @throws RunException if one is not a number, or none is finite
   */
  public int draw(float[] logProbabilities, SplittableRandom random) {
    if (temperature == 0) {
      return largest(logProbabilities);
    }
    double[] weights = weights(logProbabilities);
    boolean all = (topK == 0 || topK >= weights.length) && topP == 1;
    return all ? position(weights, random) : drawFromMostProbable(weights, random);
  }

  private static int largest(float... values) {
    int largest = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[largest] || Float.isNaN(values[i])) {
        largest = i;
      }
    }
    if (!Float.isFinite(values[largest])) {
      throw new RunException(
          "the network predicts %s instead of probabilities: its training diverged, or its file is"
                  .formatted(values[largest])
              + " damaged; use an earlier checkpoint of the run");
    }
    return largest;
  }

  /** Probabilities at the temperature, the largest scaled to 1. */
  private double[] weights(float... logProbabilities) {
    double largest = logProbabilities[largest(logProbabilities)];
    double[] weights = new double[logProbabilities.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp((logProbabilities[i] - largest) / temperature);
    }
    return weights;
  }

  private int drawFromMostProbable(double[] weights, SplittableRandom random) {
    double[] ranked = ranked(weights);
    int rank = position(ranked, random);
    // Of equal weights, the first in the vocabulary ranks first.
    int equalBefore = 0;
    while (equalBefore < rank && ranked[rank - equalBefore - 1] == ranked[rank]) {
      equalBefore++;
    }
    return IntStream.range(0, weights.length)
        .filter(i -> Double.compare(weights[i], ranked[rank]) == 0)
        .skip(equalBefore)
        .findFirst()
        .orElseThrow();
  }

  /** The weights that top-k and top-p leave, largest first. */
  private double[] ranked(double... weights) {
    double[] negative = new double[weights.length];
    Arrays.setAll(negative, i -> -weights[i]);
    DoubleHeapPriorityQueue rest = new DoubleHeapPriorityQueue(negative); // smallest first
    double[] ranked = new double[topK == 0 ? weights.length : Math.min(topK, weights.length)];
    double goal = topP * Arrays.stream(weights).sum();
    double reached = 0;
    int count = 0;
    while (count < ranked.length && (count == 0 || reached < goal)) {
      ranked[count] = -rest.dequeueDouble();
      reached += ranked[count++];
    }
    return Arrays.copyOf(ranked, count);
  }

  /** A position, drawn with a probability proportional to its weight. */
  private static int position(double[] weights, SplittableRandom random) {
    double total = 0;
    for (double weight : weights) {
      total += weight;
    }
    double left = random.nextDouble() * total;
    for (int i = 0; i < weights.length; i++) {
      left -= weights[i];
      if (left < 0) {
        return i;
      }
    }
    return weights.length - 1;
  }
}
