package trainer.insight;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import trainer.insight.Memories.LayerMemory;

/**
 * What one unit remembers along a text.
 *
 * @param layer from 0
 * @param unit from 0
 * @param cell whether it is the long-term memory c; else the hidden state h
 * @param correlations Pearson's with each feature that varies in the text
 * @param follows the feature with the strongest correlation; null without any
 */
public record UnitMemory(
    int layer, int unit, boolean cell, Map<Feature, Double> correlations, Feature follows) {
  private static final int PROFILE = 80; // values of a feature beyond this are not shown
  private static final int FEW = 5; // nor those that occur less often, if others do

  /** The strongest correlation, from -1 to 1; 0 without any. */
  public double correlation() {
    return follows == null ? 0 : correlations.get(follows);
  }

  /** {@code hidden} or {@code cell}. */
  public String state() {
    return cell ? "cell" : "hidden";
  }

  /** Its values after each character. */
  public float[] values(Memories memories) {
    LayerMemory memory = memories.layers().get(layer);
    return column(cell ? memory.cell() : memory.hidden(), memory.size(), unit);
  }

  /** One unit of [T, size]. */
  static float[] column(float[] all, int size, int unit) {
    float[] values = new float[all.length / size];
    for (int t = 0; t < values.length; t++) {
      values[t] = all[t * size + unit];
    }
    return values;
  }

  /**
   * All units, those that follow a feature most closely first.
   *
   * @param text code points
   */
  static List<UnitMemory> ranked(Memories memories, int... text) {
    Map<Feature, double[]> features = new EnumMap<>(Feature.class);
    for (Feature feature : Feature.values()) {
      double[] values = standardized(feature.along(text));
      if (values != null) {
        features.put(feature, values);
      }
    }
    List<UnitMemory> units = new ArrayList<>();
    for (int l = 0; l < memories.layers().size(); l++) {
      LayerMemory layer = memories.layers().get(l);
      add(units, l, false, layer.hidden(), layer.size(), features);
      if (layer.cell() != null) {
        add(units, l, true, layer.cell(), layer.size(), features);
      }
    }
    units.sort(Comparator.comparingDouble(unit -> -Math.abs(unit.correlation())));
    return units;
  }

  private static void add(
      List<UnitMemory> units,
      int layer,
      boolean cell,
      float[] states,
      int size,
      Map<Feature, double[]> features) {
    int characters = states.length / size;
    double[] sums = new double[size];
    double[] squares = new double[size];
    Map<Feature, double[]> products = new EnumMap<>(Feature.class);
    features.keySet().forEach(feature -> products.put(feature, new double[size]));
    for (int t = 0; t < characters; t++) {
      for (int u = 0; u < size; u++) {
        double value = states[t * size + u];
        sums[u] += value;
        squares[u] += value * value;
      }
      for (Map.Entry<Feature, double[]> feature : features.entrySet()) {
        double weight = feature.getValue()[t];
        double[] product = products.get(feature.getKey());
        for (int u = 0; u < size; u++) {
          product[u] += weight * states[t * size + u];
        }
      }
    }
    for (int u = 0; u < size; u++) {
      double deviation = Math.sqrt(squares[u] - sums[u] * sums[u] / characters);
      Map<Feature, Double> correlations = new EnumMap<>(Feature.class);
      Feature strongest = null;
      if (deviation > 1e-6 * Math.sqrt(squares[u])) { // else it is constant up to rounding
        for (Feature feature : products.keySet()) {
          double correlation = products.get(feature)[u] / deviation;
          correlations.put(feature, Math.max(-1, Math.min(1, correlation)));
          if (strongest == null || Math.abs(correlation) > Math.abs(correlations.get(strongest))) {
            strongest = feature;
          }
        }
      }
      units.add(new UnitMemory(layer, u, cell, correlations, strongest));
    }
  }

  /** Of mean 0 and norm 1; null if they are all the same. */
  private static double[] standardized(double... values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double square = 0;
    for (double value : values) {
      square += (value - mean) * (value - mean);
    }
    double norm = Math.sqrt(square);
    if (norm < 1e-9) {
      return null;
    }
    double[] result = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (values[i] - mean) / norm;
    }
    return result;
  }

  /**
   * The mean of the unit's values by the value of the feature that it follows.
   *
   * @param text code points
   */
  Map<Integer, Double> profile(Memories memories, int... text) {
    double[] feature = follows.along(text);
    float[] values = values(memories);
    Map<Integer, double[]> sums = new TreeMap<>(); // sum and count
    for (int t = 0; t < values.length; t++) {
      double[] sum = sums.computeIfAbsent((int) feature[t], value -> new double[2]);
      sum[0] += values[t];
      sum[1]++;
    }
    boolean enough = sums.values().stream().filter(sum -> sum[1] >= FEW).count() > 1;
    Map<Integer, Double> means = new TreeMap<>();
    sums.forEach(
        (value, sum) -> {
          if (value <= PROFILE && (!enough || sum[1] >= FEW)) {
            means.put(value, sum[0] / sum[1]);
          }
        });
    return means;
  }
}
