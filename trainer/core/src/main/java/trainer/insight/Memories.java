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
   * @param candidate the values of an LSTM's or GRU's candidate, [T, H]; null of a simple RNN
   * @param candidateRecurrence what the reset gate of a GRU multiplies, h R + c, [T, H]; else null
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
      float[] candidate,
      float[] candidateRecurrence,
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
              gates.isEmpty() ? null : new float[values],
              layer.layout().hasRecurrentBias() ? new float[values] : null,
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
    for (int t = 0; t < steps; t++) {
      int to = (from + t) * size;
      write(pass.hidden[t + 1], 0, memory.hidden(), to, size);
      if (memory.cell() != null) {
        write(pass.cell[t + 1], 0, memory.cell(), to, size);
      }
      for (int g = 0; g < memory.gates().size(); g++) {
        int block = block(memory.type(), memory.gateNames().get(g)) * size;
        write(pass.gates[t], block, memory.gates().get(g), to, size);
      }
      if (memory.candidate() != null) {
        int block = candidateBlock(memory.type()) * size;
        write(pass.gates[t], block, memory.candidate(), to, size);
        if (memory.candidateRecurrence() != null) {
          write(pass.recurrence[t], block, memory.candidateRecurrence(), to, size);
        }
      }
    }
  }

  private static void write(double[] values, int from, float[] into, int to, int count) {
    for (int u = 0; u < count; u++) {
      into[to + u] = (float) values[from + u];
    }
  }

  /** Index of a gate among the blocks of H columns. */
  static int block(CellType type, String gate) {
    return CellLayout.of(type).gates().indexOf(gate);
  }

  /** Likewise of the candidate. */
  static int candidateBlock(CellType type) {
    return block(type, type == CellType.GRU ? "candidate" : "cell");
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
