package trainer.network;

import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.config.Model;
import trainer.config.Optimizer;

/**
 * How many numbers a network keeps, counted from its description alone: what a file claims to hold
 * can be compared with it before memory is taken.
 *
 * @param parameters weights and biases of all layers
 * @param updaterState what the optimizer remembers; 0 where it remembers nothing
 */
public record NetworkSize(long parameters, long updaterState) {

  /**
   * Counts.
   *
   * @param vocabulary characters
   * @return {@link Long#MAX_VALUE} for a count that is beyond it
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
