package trainer.network;

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
        parameters = Math.addExact(parameters, layer(layer, inputs));
        inputs = layer.size();
      }
      parameters = Math.addExact(parameters, Math.multiplyExact(inputs + 1, (long) vocabulary));
      return new NetworkSize(parameters, Math.multiplyExact(optimizer.moments(), parameters));
    } catch (ArithmeticException e) {
      return new NetworkSize(Long.MAX_VALUE, Long.MAX_VALUE);
    }
  }

  /** Each gate has input weights, recurrent weights and a bias. */
  private static long layer(Layer layer, long inputs) {
    long units = layer.size();
    long gate = Math.multiplyExact(units, inputs + units + 1);
    return switch (layer.type()) {
      case LSTM -> Math.multiplyExact(4, gate);
      case GRAVES_LSTM -> Math.addExact(Math.multiplyExact(4, gate), 3 * units); // peepholes
      case GRU -> Math.addExact(Math.multiplyExact(3, gate), units); // recurrent bias
      case SIMPLE_RNN -> gate;
    };
  }
}
