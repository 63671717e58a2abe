package trainer.checkpoint;

import java.util.Arrays;
import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.network.NetworkSize;

/**
 * Adds characters behind a network's vocabulary. Only the first and the last array of the vector of
 * parameters have a side of the vocabulary's size:
 *
 * <pre>
 * input weights of the lowest layer   [V, gates · H], column-major
 * all other layers' arrays, and the rest of the lowest layer's
 * output weights                      [H, V], column-major
 * output bias                         [V]
 * </pre>
 *
 * <p>Old characters keep their weights, and so the logits that they had. A new character c has the
 * mean of the old output weights and, lowered, of the old biases, so that its logit is
 *
 * <pre>
 * z(c) = mean(z) + ln(V · share / added)
 * </pre>
 *
 * <p>Since V · exp(mean(z)) ≤ Σ exp(z) (Jensen), all new characters together have at most the
 * probability {@link #SHARE}, after any text: the probabilities of all old characters are
 * multiplied by one factor between 1 - SHARE and 1.
 *
 * @param model of both networks
 * @param before V, size of the old vocabulary
 * @param after size of the new one
 */
record ExtendedVocabulary(Model model, Optimizer optimizer, int before, int after) {
  /** Most probability that the new characters have together before they are trained. */
  static final double SHARE = 1e-3;

  /**
   * The parameters of the larger network.
   *
   * @param initial its initial parameters; the input weights of new characters are taken from them
   */
  Numbers parameters(Numbers old, Numbers initial) {
    double[] from = old.doubles();
    double[] to = initial.doubles();
    copy(from, 0, to, 0);
    int size = outputs();
    int weights = from.length - before * (size + 1);
    int newWeights = to.length - after * (size + 1);
    for (int i = 0; i < size; i++) {
      double mean = mean(from, weights + i, size);
      for (int c = before; c < after; c++) {
        to[newWeights + c * size + i] = mean;
      }
    }
    double bias = mean(from, from.length - before, 1) + Math.log(before * SHARE / (after - before));
    Arrays.fill(to, to.length - (after - before), to.length, bias);
    return like(initial, to);
  }

  /**
   * The optimizer's moments for the larger network, one vector like the parameters' after the
   * other; those of new entries are zero.
   */
  Numbers moments(Numbers old) {
    double[] from = old.doubles();
    int parameters = parameters(before);
    double[] to = new double[from.length / parameters * parameters(after)];
    for (int i = 0; i < from.length / parameters; i++) {
      copy(from, i * parameters, to, i * parameters(after));
    }
    return like(old, to);
  }

  /** Copies the entries of one vector of parameters to their places in a larger one. */
  private void copy(double[] from, int start, double[] to, int newStart) {
    int columns = inputs();
    for (int column = 0; column < columns; column++) {
      System.arraycopy(from, start + column * before, to, newStart + column * after, before);
    }
    int output = before * outputs();
    int between = parameters(before) - before * columns - output - before;
    int source = start + before * columns;
    int target = newStart + after * columns;
    System.arraycopy(from, source, to, target, between + output);
    source += between + output;
    target += between + after * outputs();
    System.arraycopy(from, source, to, target, before);
  }

  /** Columns of the lowest layer's input weights. */
  private int inputs() {
    Layer lowest = model.layers().get(0);
    return CellLayout.of(lowest.type()).gates().size() * lowest.size();
  }

  /** Size of the highest layer. */
  private int outputs() {
    return model.layers().get(model.layers().size() - 1).size();
  }

  private int parameters(int vocabulary) {
    return Math.toIntExact(NetworkSize.of(model, optimizer, vocabulary).parameters());
  }

  /** Mean over the old characters of the elements {@code stride} apart. */
  private double mean(double[] values, int from, int stride) {
    double sum = 0;
    for (int c = 0; c < before; c++) {
      sum += values[from + c * stride];
    }
    return sum / before;
  }

  /** In as many bits as others have. */
  private static Numbers like(Numbers others, double[] values) {
    Numbers numbers = Numbers.of(values);
    return others.isWide() ? numbers : Numbers.of(numbers.floats());
  }
}
