package trainer.insight;

import java.util.ArrayList;
import java.util.List;
import trainer.insight.Memories.LayerMemory;

/**
 * How one gate of a layer is used along a text.
 *
 * @param layer from 0
 * @param gate such as {@code forget}
 * @param open of each unit the share of the characters at which the gate is above 0.9, [H]
 * @param shut likewise below 0.1
 * @param mean of each unit, [H]
 * @param along mean over the units at each character, [T]
 * @param peephole of each unit the share of the peephole in what the gate adds up, [H]; null
 *     without peepholes
 */
public record GateUse(
    int layer,
    String gate,
    double[] open,
    double[] shut,
    double[] mean,
    double[] along,
    double[] peephole) {
  private static final double OPEN = 0.9;
  private static final double SHUT = 0.1;

  /** The mean over the units. */
  public static double mean(double... units) {
    double sum = 0;
    for (double unit : units) {
      sum += unit;
    }
    return sum / units.length;
  }

  static List<GateUse> of(Memories memories) {
    List<GateUse> uses = new ArrayList<>();
    for (int l = 0; l < memories.layers().size(); l++) {
      LayerMemory layer = memories.layers().get(l);
      for (int g = 0; g < layer.gates().size(); g++) {
        uses.add(of(l, layer, g, memories.characters()));
      }
    }
    return uses;
  }

  private static GateUse of(int layer, LayerMemory memory, int gate, int characters) {
    int size = memory.size();
    float[] values = memory.gates().get(gate);
    GateUse use =
        new GateUse(
            layer,
            memory.gateNames().get(gate),
            new double[size],
            new double[size],
            new double[size],
            new double[characters],
            memory.peepholeShares().length == 0 ? null : memory.peepholeShares()[gate]);
    for (int t = 0; t < characters; t++) {
      for (int u = 0; u < size; u++) {
        double value = values[t * size + u];
        use.open[u] += value > OPEN ? 1 : 0;
        use.shut[u] += value < SHUT ? 1 : 0;
        use.mean[u] += value;
        use.along[t] += value / size;
      }
    }
    for (int u = 0; u < size; u++) {
      use.open[u] /= characters;
      use.shut[u] /= characters;
      use.mean[u] /= characters;
    }
    return use;
  }
}
