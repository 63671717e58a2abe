package trainer.config;

/**
 * One recurrent layer.
 *
 * @param dropout probability in [0, 1) that an output of this layer is set to zero on its way to
 *     the next, in training
 */
public record Layer(CellType type, int size, double dropout) {

  /** The recurrent cells. */
  public enum CellType {
    GRAVES_LSTM,
    LSTM,
    GRU,
    SIMPLE_RNN
  }
}
