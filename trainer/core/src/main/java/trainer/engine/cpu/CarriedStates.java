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

  private static boolean hasCell(NetworkShape shape, int layer) {
    CellType type = shape.layers().get(layer).type();
    return type == CellType.LSTM || type == CellType.GRAVES_LSTM;
  }
}
