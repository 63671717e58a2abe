package trainer.network;

import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.config.Optimizer;

/**
 * Number of values in a network, computed from its description: the sizes that a file claims are
 * checked against it before memory is allocated.
 *
 * @param parameters weights and biases of all layers
 * @param updaterState averages that the optimizer keeps; may be 0
 */
public record NetworkSize(long parameters, long updaterState) {

  /**
   * Counts the values.
   *
   * @param vocabulary number of characters
   * @return counts, {@link Long#MAX_VALUE} on overflow
   */
  public static NetworkSize of(Model model, Optimizer optimizer, int vocabulary) {
    try {
      long parameters = 0;
      long inputs = vocabulary;
      for (Layer layer : model.layers()) {
        CellLayout cell = CellLayout.of(layer.type());
        parameters = Math.addExact(parameters, cell.parameters(inputs, layer.size()));
        inputs = layer.size();
      }
      parameters = Math.addExact(parameters, Math.multiplyExact(inputs + 1, (long) vocabulary));
      return new NetworkSize(parameters, Math.multiplyExact(optimizer.moments(), parameters));
    } catch (ArithmeticException e) {
      return new NetworkSize(Long.MAX_VALUE, Long.MAX_VALUE);
    }
  }
}
