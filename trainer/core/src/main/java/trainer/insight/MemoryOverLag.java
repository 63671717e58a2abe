package trainer.insight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import trainer.training.StopSignal;

/**
 * How far back a network's loss depends on what it remembers: the L2 norm of the gradient of the
 * loss at character t by the state after character t - k, for each lag k from 1, averaged over
 * places t. The loss is that of character t alone, in nats. The state is the one that the step at t
 * - k + 1 starts from, with the characters between unchanged.
 *
 * @param places number of places that were averaged
 * @param layers from the first
 */
public record MemoryOverLag(int places, List<LayerGradient> layers) {
  private static final int LONGEST = 250;
  private static final int MOST_PLACES = 32;
  private static final int LANES = 16; // places computed at a time

  /**
   * Of one layer.
   *
   * @param hidden norm of the gradient by h at lag k: element k - 1
   * @param cell likewise by c; null without a long-term memory
   */
  public record LayerGradient(double[] hidden, double[] cell) {}

  /** The longest lag. */
  public int lags() {
    return layers.get(0).hidden().length;
  }

  /** The longest lag that a text of this length is measured at. */
  static int longest(int characters) {
    return Math.min(LONGEST, characters / 2);
  }

  /**
   * Measures.
   *
   * @param text indices of the vocabulary, at least two
   * @param known whether a character may be a target: one outside the vocabulary may not
   * @throws CancellationException if stopped
   */
  static MemoryOverLag of(
      NetworkWeights weights, int[] text, boolean[] known, Memories memories, StopSignal stop) {
    int lags = longest(text.length);
    int[] places = places(text.length, lags, known);
    List<List<LayerGradient>> parts =
        IntStream.range(0, (places.length + LANES - 1) / LANES)
            .parallel()
            .mapToObj(
                part -> {
                  int[] own =
                      Arrays.copyOfRange(
                          places, part * LANES, Math.min(places.length, (part + 1) * LANES));
                  return sums(weights, text, memories, own, lags, stop);
                })
            .toList();
    List<LayerGradient> means = new ArrayList<>();
    for (int l = 0; l < weights.layers().size(); l++) {
      int layer = l;
      means.add(
          new LayerGradient(
              mean(parts.stream().map(part -> part.get(layer).hidden()).toList(), places.length),
              parts.get(0).get(l).cell() == null
                  ? null
                  : mean(
                      parts.stream().map(part -> part.get(layer).cell()).toList(), places.length)));
    }
    return new MemoryOverLag(places.length, means);
  }

  private static double[] mean(List<double[]> sums, int count) {
    double[] mean = new double[sums.get(0).length];
    for (double[] sum : sums) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += sum[i] / count;
      }
    }
    return mean;
  }

  /** Places evenly spread over the text, each with all lags before it. */
  static int[] places(int characters, int lags, boolean... known) {
    int count = Math.min(MOST_PLACES, characters - lags);
    int[] spread =
        IntStream.range(0, count)
            .map(i -> characters - 1 - (int) ((long) i * (characters - lags) / count))
            .filter(place -> known[place])
            .toArray();
    return spread.length > 0 ? spread : new int[] {characters - 1};
  }

  /** Norms summed over some places. */
  private static List<LayerGradient> sums(
      NetworkWeights weights,
      int[] text,
      Memories memories,
      int[] places,
      int lags,
      StopSignal stop) {
    int lanes = places.length;
    int steps = lags - 1;
    NetworkPass pass = new NetworkPass(weights, Math.max(1, steps), lanes);
    List<LayerGradient> sums = new ArrayList<>();
    for (int l = 0; l < pass.layers.size(); l++) {
      LayerPass layer = pass.layers.get(l);
      for (int lane = 0; lane < lanes; lane++) {
        layer.load(memories.layers().get(l), lane, places[lane] - steps, steps);
      }
      sums.add(new LayerGradient(new double[lags], layer.cell == null ? null : new double[lags]));
    }
    pass.startBackward(steps, Arrays.stream(places).map(place -> text[place]).toArray());
    add(pass, sums, 0);
    for (int lag = 2; lag <= lags; lag++) {
      if (stop.requested()) {
        throw new CancellationException();
      }
      pass.backward(lags - lag);
      add(pass, sums, lag - 1);
    }
    return sums;
  }

  private static void add(NetworkPass pass, List<LayerGradient> sums, int at) {
    for (int l = 0; l < sums.size(); l++) {
      LayerPass layer = pass.layers.get(l);
      sums.get(l).hidden()[at] += norms(layer.hiddenGradient);
      if (layer.cellGradient != null) {
        sums.get(l).cell()[at] += norms(layer.cellGradient);
      }
    }
  }

  /** The norms of each lane's gradient, summed. */
  private static double norms(double[]... gradients) {
    double norms = 0;
    for (double[] gradient : gradients) {
      double square = 0;
      for (double value : gradient) {
        square += value * value;
      }
      norms += Math.sqrt(square);
    }
    return norms;
  }
}
