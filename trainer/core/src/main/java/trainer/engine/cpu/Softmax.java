package trainer.engine.cpu;

/**
 * Softmax and cross-entropy of rows of logits [rows · classes] on the heap. The exponential runs
 * over all rows in one loop, which C2 vectorizes.
 */
final class Softmax {
  /*
   * exp(x) - 1 = x P(x) on [-0.625, 0], our own minimax fit, relative error below 6e-9.
   */
  private static final float P0 = 1f;
  private static final float P1 = 0.49999943f;
  private static final float P2 = 0.16665624f;
  private static final float P3 = 0.04159588f;
  private static final float P4 = 0.008112937f;
  private static final float P5 = 0.0010635055f;

  /** Smaller differences from the largest logit are raised to this: exp(-40) is 4e-18. */
  private static final float SMALLEST = -40f;

  private Softmax() {}

  /**
   * x = exp(x) for x at most 0; absolute error below 5e-7. With y = exp(x / 64) - 1, doubling the
   * argument is y = y(y + 2), which keeps small values exact: four times so, then twice squared.
   */
  static void exp(float[] x, int from, int to) {
    for (int k = from; k < to; k++) {
      float r = Math.max(x[k], SMALLEST) * (1f / 64f);
      float p =
          Math.fma(Math.fma(Math.fma(Math.fma(Math.fma(P5, r, P4), r, P3), r, P2), r, P1), r, P0);
      float y = p * r;
      y = y * (y + 2f);
      y = y * (y + 2f);
      y = y * (y + 2f);
      y = y * (y + 2f);
      float e = y + 1f;
      e = e * e;
      x[k] = e * e;
    }
  }

  /** Adds the biases to a row and subtracts the largest sum from it. */
  private static int shift(float[] x, int at, float[] biases) {
    int best = 0;
    float largest = Float.NEGATIVE_INFINITY;
    for (int k = 0; k < biases.length; k++) {
      float sum = x[at + k] + biases[k];
      x[at + k] = sum;
      if (sum > largest) {
        largest = sum;
        best = k;
      }
    }
    for (int k = 0; k < biases.length; k++) {
      x[at + k] -= largest;
    }
    return best;
  }

  private static float sum(float[] x, int at, int count) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int k = at;
    int end = at + count;
    for (; k + 4 <= end; k += 4) {
      a += x[k];
      b += x[k + 1];
      c += x[k + 2];
      d += x[k + 3];
    }
    for (; k < end; k++) {
      a += x[k];
    }
    return (a + b) + (c + d);
  }

  /**
   * Replaces logits without biases by the gradient of the mean cross-entropy.
   *
   * @param x logits in, gradient out: [rows · classes]
   * @param targets the class of row r at {@code targets[at + r]}
   * @param scale 1 / characters of the segment
   * @param hits scratch, [rows]
   * @param biasGradient incremented by the sum of the rows
   * @return the cross-entropy summed over the rows, nats
   */
  static double gradient(
      float[] x,
      int rows,
      float[] biases,
      int[] targets,
      int at,
      float scale,
      float[] hits,
      float[] biasGradient) {
    int classes = biases.length;
    for (int r = 0; r < rows; r++) {
      shift(x, r * classes, biases);
      hits[r] = x[r * classes + targets[at + r]];
    }
    exp(x, 0, rows * classes);
    double nats = 0;
    for (int r = 0; r < rows; r++) {
      int first = r * classes;
      float sum = sum(x, first, classes);
      nats += Math.log(sum) - hits[r];
      float factor = scale / sum;
      for (int k = 0; k < classes; k++) {
        x[first + k] *= factor;
      }
      x[first + targets[at + r]] -= scale;
      for (int k = 0; k < classes; k++) {
        biasGradient[k] += x[first + k];
      }
    }
    return nats;
  }

  /**
   * Replaces logits without biases by log-probabilities.
   *
   * @param x logits in, log-probabilities out: [rows · classes]
   * @param scratch of the same size
   */
  static void logProbabilities(float[] x, int rows, float[] biases, float[] scratch) {
    int classes = biases.length;
    for (int r = 0; r < rows; r++) {
      shift(x, r * classes, biases);
    }
    System.arraycopy(x, 0, scratch, 0, rows * classes);
    exp(scratch, 0, rows * classes);
    for (int r = 0; r < rows; r++) {
      float logSum = (float) Math.log(sum(scratch, r * classes, classes));
      for (int k = 0; k < classes; k++) {
        x[r * classes + k] -= logSum;
      }
    }
  }

  /**
   * Scores targets from logits without biases. Replaces the logits by their exponentials, each row
   * scaled so that the largest is 1.
   *
   * @param targets -1: not scored
   * @param hits scratch, [rows]
   * @param score incremented: [summed nats, correct predictions]
   */
  static void score(
      float[] x, int rows, float[] biases, int[] targets, int at, float[] hits, double[] score) {
    int classes = biases.length;
    for (int r = 0; r < rows; r++) {
      int target = targets[at + r];
      int best = shift(x, r * classes, biases);
      hits[r] = target < 0 ? 0 : x[r * classes + target];
      score[1] += best == target ? 1 : 0;
    }
    exp(x, 0, rows * classes);
    for (int r = 0; r < rows; r++) {
      if (targets[at + r] >= 0) {
        score[0] += Math.log(sum(x, r * classes, classes)) - hits[r];
      }
    }
  }

  /**
   * The prediction of a row that {@link #score} has read.
   *
   * @param hit the target's logit less the largest, which {@link #score} has found
   * @param probabilities receives those of the row
   * @return the nats that the row has added to the score
   */
  static double prediction(
      float[] x, int at, int classes, float hit, float[] probabilities, int into) {
    float sum = sum(x, at, classes);
    for (int k = 0; k < classes; k++) {
      probabilities[into + k] = x[at + k] / sum;
    }
    return Math.log(sum) - hit;
  }
}
