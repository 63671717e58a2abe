package trainer.insight;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import trainer.cell.CellLayout;
import trainer.config.Layer.CellType;
import trainer.training.StopSignal;

/**
 * The states of all units after each character of a text, and the gates that made them, read from
 * zero state in one lane.
 *
 * @param characters T, of the text
 */
public record Memories(int characters, List<LayerMemory> layers) {
  private static final int STEPS = 128; // computed at a time

  /**
   * One layer; element {@code t · H + unit} is after character t.
   *
   * @param size H
   * @param hidden the short-term state h, [T, H]
   * @param cell the long-term memory c, [T, H]; null without one
   * @param gates of each gate of {@link #gateNames} its values, [T, H]
   * @param peepholeShares of each gate of {@link #gateNames} and unit the share of the peephole in
   *     what it adds up: |p c| of |x W + b| + |h R| + |p c|, each summed over the text, [gates][H];
   *     empty without peepholes
   */
  public record LayerMemory(
      CellType type,
      int size,
      float[] hidden,
      float[] cell,
      List<float[]> gates,
      double[][] peepholeShares) {

    /** The gates with values from 0 to 1: forget, input and output, or reset and update. */
    public List<String> gateNames() {
      return Memories.gateNames(type);
    }
  }

  /** The gates of a cell with values from 0, shut, to 1, open. */
  static List<String> gateNames(CellType type) {
    return switch (type) {
      case SIMPLE_RNN -> List.of();
      case LSTM, GRAVES_LSTM -> List.of("forget", "input", "output");
      case GRU -> List.of("reset", "update");
    };
  }

  /**
   * Reads a text.
   *
   * @param text indices of the vocabulary
   * @throws CancellationException if stopped
   */
  static Memories of(NetworkWeights weights, int[] text, StopSignal stop) {
    List<LayerMemory> layers = new ArrayList<>();
    for (LayerWeights layer : weights.layers()) {
      int values = Math.multiplyExact(text.length, layer.size());
      List<float[]> gates = new ArrayList<>();
      gateNames(layer.type()).forEach(name -> gates.add(new float[values]));
      layers.add(
          new LayerMemory(
              layer.type(),
              layer.size(),
              new float[values],
              layer.layout().hasMemory() ? new float[values] : null,
              gates,
              new double[layer.peepholes().length][layer.size()]));
    }
    NetworkPass pass = new NetworkPass(weights, STEPS, 1);
    for (int from = 0; from < text.length; from += STEPS) {
      if (stop.requested()) {
        throw new CancellationException();
      }
      int steps = Math.min(STEPS, text.length - from);
      int[] characters = new int[steps];
      System.arraycopy(text, from, characters, 0, steps);
      pass.forward(characters);
      for (int l = 0; l < layers.size(); l++) {
        copy(pass.layers.get(l), layers.get(l), from, steps);
      }
      pass.carry(steps);
    }
    for (int l = 0; l < layers.size(); l++) {
      sharePeepholes(pass.layers.get(l), layers.get(l));
    }
    return new Memories(text.length, layers);
  }

  private static void copy(LayerPass pass, LayerMemory memory, int from, int steps) {
    int size = memory.size();
    List<String> all = CellLayout.of(memory.type()).gates();
    for (int t = 0; t < steps; t++) {
      int to = (from + t) * size;
      for (int u = 0; u < size; u++) {
        memory.hidden()[to + u] = (float) pass.hidden[t + 1][u];
        if (memory.cell() != null) {
          memory.cell()[to + u] = (float) pass.cell[t + 1][u];
        }
      }
      for (int g = 0; g < memory.gates().size(); g++) {
        int block = all.indexOf(memory.gateNames().get(g)) * size;
        float[] values = memory.gates().get(g);
        for (int u = 0; u < size; u++) {
          values[to + u] = (float) pass.gates[t][block + u];
        }
      }
    }
  }

  private static void sharePeepholes(LayerPass pass, LayerMemory memory) {
    List<String> order = CellLayout.of(memory.type()).peepholes();
    for (int p = 0; p < order.size(); p++) {
      int gate = memory.gateNames().indexOf(order.get(p));
      for (int u = 0; u < memory.size(); u++) {
        double seen = pass.peepholeInput[p][u];
        double all = seen + pass.otherInput[p][u];
        memory.peepholeShares()[gate][u] = all == 0 ? 0 : seen / all;
      }
    }
  }
}
