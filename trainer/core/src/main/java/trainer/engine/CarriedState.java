package trainer.engine;

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
