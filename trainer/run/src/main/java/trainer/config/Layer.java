package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Range;
import trainer.config.binding.Rules;

/**
 * One recurrent layer.
 *
 * @param dropout probability in [0, 1) that an output to the next layer is set to zero in training
 */
public record Layer(
    @Describe("the recurrent cell") @Default("graves_lstm") CellType type,
    @Describe("units") @Default("256") @Range("[1, inf)") int size,
    @Describe("probability that an output is set to zero in training")
        @Default("0.0")
        @Range("[0, 1)")
        double dropout) {

  public Layer {
    Rules.of(Layer.class, type, size, dropout).check();
  }

  /** The recurrent cells. */
  public enum CellType {
    GRAVES_LSTM,
    LSTM,
    GRU,
    SIMPLE_RNN
  }
}
