package trainer.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trainer.cell.CellLayout;
import trainer.config.Layer;

/**
 * Hidden state of the recurrent layers between two segments, first layer first. Without layers it
 * is zero, for any number of lanes.
 */
public record CarriedState(List<LayerState> layers) {

  /**
   * State of one layer, row-major [lanes, size].
   *
   * @param hidden the short-term state h
   * @param cell the long-term memory c of an LSTM; else null
   */
  public record LayerState(int lanes, int size, double[] hidden, double[] cell) {

    /** A state of floats; {@code cell} is null without a long-term memory. */
    public static LayerState of(int lanes, int size, float[] hidden, float[] cell) {
      return new LayerState(lanes, size, doubles(hidden), cell == null ? null : doubles(cell));
    }

    private static double[] doubles(float[] values) {
      double[] result = new double[values.length];
      Arrays.setAll(result, i -> values[i]);
      return result;
    }

    /** {@link #hidden} rounded to floats. */
    public float[] hiddenFloats() {
      return floats(hidden);
    }

    /** {@link #cell} rounded to floats; null without a long-term memory. */
    public float[] cellFloats() {
      return cell == null ? null : floats(cell);
    }

    private static float[] floats(double[] values) {
      float[] result = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        result[i] = (float) values[i];
      }
      return result;
    }

    private LayerState lanes(int first, int count) {
      return new LayerState(
          count, size, part(hidden, first, count), cell == null ? null : part(cell, first, count));
    }

    private double[] part(double[] values, int first, int count) {
      return Arrays.copyOfRange(values, first * size, (first + count) * size);
    }

    private static LayerState join(List<LayerState> parts) {
      LayerState one = parts.get(0);
      return new LayerState(
          parts.stream().mapToInt(LayerState::lanes).sum(),
          one.size(),
          parts.stream().flatMapToDouble(part -> Arrays.stream(part.hidden())).toArray(),
          one.cell() == null
              ? null
              : parts.stream().flatMapToDouble(part -> Arrays.stream(part.cell())).toArray());
    }

    private boolean fits(int expectedLanes, Layer layer) {
      int elements = expectedLanes * layer.size();
      int cellElements = CellLayout.of(layer.type()).hasMemory() ? elements : 0;
      return lanes == expectedLanes
          && size == layer.size()
          && hidden.length == elements
          && (cell == null ? 0 : cell.length) == cellElements;
    }
  }

  /** Zero in all layers of a network. */
  public static CarriedState zero(List<Layer> network, int lanes) {
    return new CarriedState(
        network.stream()
            .map(
                layer -> {
                  int elements = lanes * layer.size();
                  boolean memory = CellLayout.of(layer.type()).hasMemory();
                  return new LayerState(
                      lanes,
                      layer.size(),
                      new double[elements],
                      memory ? new double[elements] : null);
                })
            .toList());
  }

  /** The state of some of the lanes. */
  public CarriedState lanes(int first, int count) {
    return new CarriedState(layers.stream().map(layer -> layer.lanes(first, count)).toList());
  }

  /** The state of all lanes, from those of neighbours. */
  public static CarriedState join(List<CarriedState> parts) {
    List<LayerState> joined = new ArrayList<>();
    for (int l = 0; l < parts.get(0).layers().size(); l++) {
      int layer = l;
      joined.add(LayerState.join(parts.stream().map(part -> part.layers().get(layer)).toList()));
    }
    return new CarriedState(joined);
  }

  /**
   * The number of lanes of a state that has layers.
   *
   * @param network layers of the network that resumes from it
   * @throws IllegalArgumentException if the state does not fit the network
   */
  public int lanes(List<Layer> network) {
    if (layers.size() != network.size()) {
      throw new IllegalArgumentException(
          "a carried state of %d layers, the network has %d"
              .formatted(layers.size(), network.size()));
    }
    int lanes = layers.get(0).lanes();
    for (int i = 0; i < layers.size(); i++) {
      if (!layers.get(i).fits(lanes, network.get(i))) {
        throw new IllegalArgumentException(
            "the carried state of layer %d does not fit %d lanes of %s"
                .formatted(i, lanes, network.get(i)));
      }
    }
    return lanes;
  }
}
