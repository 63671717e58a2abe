package trainer.engine;

import java.util.List;
import trainer.config.Layer;

/**
 * What the recurrent layers remember between two segments, first layer first. Without layers it is
 * zero, for any number of lanes.
 */
public record CarriedState(List<LayerState> layers) {

  /**
   * One layer's memory, row-major [lanes, size].
   *
   * @param hidden the short-term memory h
   * @param cell the long-term memory c of the LSTMs, else null
   */
  public record LayerState(int lanes, int size, double[] hidden, double[] cell) {

    private boolean fits(int expectedLanes, Layer layer) {
      int elements = expectedLanes * layer.size();
      int cellElements =
          switch (layer.type()) {
            case LSTM, GRAVES_LSTM -> elements;
            case GRU, SIMPLE_RNN -> 0;
          };
      return lanes == expectedLanes
          && size == layer.size()
          && hidden.length == elements
          && (cell == null ? 0 : cell.length) == cellElements;
    }
  }

  /**
   * The number of lanes of a state that has layers.
   *
   * @param network the layers of the network that is to go on from it
   * @throws IllegalArgumentException if the state is not one of that network
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
