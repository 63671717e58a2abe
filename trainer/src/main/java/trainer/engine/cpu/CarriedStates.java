package trainer.engine.cpu;

import java.util.List;
import java.util.stream.IntStream;
import trainer.config.Layer.CellType;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;

/** Carried states that fit a network. */
final class CarriedStates {
  private CarriedStates() {}

  /** The state before any text. */
  static CarriedState zero(NetworkShape shape, int lanes) {
    List<LayerState> layers =
        IntStream.range(0, shape.layers().size())
            .mapToObj(
                l -> {
                  int elements = lanes * shape.size(l);
                  double[] cell = hasCell(shape, l) ? new double[elements] : null;
                  return new LayerState(lanes, shape.size(l), new double[elements], cell);
                })
            .toList();
    return new CarriedState(layers);
  }

  /**
   * Lanes of a state.
   *
   * @throws IllegalArgumentException if it does not fit the network
   */
  static int lanes(NetworkShape shape, CarriedState state) {
    int count = shape.layers().size();
    if (state.layers().size() != count) {
      throw new IllegalArgumentException(
          "a carried state of " + state.layers().size() + " layers, the network has " + count);
    }
    int lanes = state.layers().get(0).lanes();
    for (int l = 0; l < count; l++) {
      LayerState layer = state.layers().get(l);
      int elements = lanes * shape.size(l);
      if (layer.lanes() != lanes
          || layer.size() != shape.size(l)
          || layer.hidden().length != elements
          || (layer.cell() == null ? 0 : layer.cell().length)
              != (hasCell(shape, l) ? elements : 0)) {
        throw new IllegalArgumentException(
            "the carried state of layer "
                + l
                + " does not fit "
                + lanes
                + " lanes of "
                + shape.layers().get(l));
      }
    }
    return lanes;
  }

  private static boolean hasCell(NetworkShape shape, int layer) {
    CellType type = shape.layers().get(layer).type();
    return type == CellType.LSTM || type == CellType.GRAVES_LSTM;
  }
}
