package trainer.cell;

import java.util.List;
import trainer.config.Layer.CellType;

/**
 * Parameters and state of a cell, the same for every engine. Deeplearning4j keeps a network's
 * parameters in one vector, layer after layer, matrices column by column, with H units a layer, V
 * characters in the vocabulary:
 *
 * <pre>
 * LSTM                W [in,4H], RW [H,4H], b [4H]      gates: candidate, forget, output, input
 * GravesLSTM          W [in,4H], RW [H,4H+3], b [4H]    the last columns: peepholes of f, o, i
 * SimpleRnn           W [in,H], RW [H,H], b [H]
 * GRU                 W [in,3H], RW [H,3H], b [3H], rb [H]    gates: reset, update, candidate
 * output              W [H,V], b [V]
 * </pre>
 *
 * @param gates in the order of the blocks of H columns in W, RW and b
 * @param peepholes in the order of the columns behind the gates' in RW
 * @param hasMemory whether a long-term memory c is carried besides h
 * @param hasRecurrentBias whether the last gate adds a bias rb to h R before its own non-linearity
 */
public record CellLayout(
    List<String> gates, List<String> peepholes, boolean hasMemory, boolean hasRecurrentBias) {
  private static final List<String> LSTM_GATES = List.of("cell", "forget", "output", "input");

  private static final CellLayout LSTM = new CellLayout(LSTM_GATES, List.of(), true, false);
  private static final CellLayout GRAVES_LSTM =
      new CellLayout(LSTM_GATES, List.of("forget", "output", "input"), true, false);
  private static final CellLayout GRU =
      new CellLayout(List.of("reset", "update", "candidate"), List.of(), false, true);
  private static final CellLayout SIMPLE_RNN =
      new CellLayout(List.of("hidden"), List.of(), false, false);

  /** The layout of a cell. */
  public static CellLayout of(CellType type) {
    return switch (type) {
      case LSTM -> LSTM;
      case GRAVES_LSTM -> GRAVES_LSTM;
      case GRU -> GRU;
      case SIMPLE_RNN -> SIMPLE_RNN;
    };
  }

  /**
   * Sums a unit needs before its non-linearities, and vectors of biases. A gate adds x W and h R to
   * one sum, except the GRU's candidate, which keeps them apart.
   */
  public int sums() {
    return gates.size() + (hasRecurrentBias ? 1 : 0);
  }

  /** The first sums, which x W goes to. */
  public int fromInput() {
    return gates.size();
  }

  /** The last sums, which h R goes to. */
  public int fromRecurrence() {
    return gates.size();
  }

  /** Index of the first sum that h R goes to. */
  public int firstRecurrent() {
    return sums() - fromRecurrence();
  }

  /**
   * Number of parameters of a layer.
   *
   * @throws ArithmeticException if it exceeds a long
   */
  public long parameters(long inputs, long units) {
    long gate = Math.multiplyExact(units, inputs + units + 1);
    long vectors = peepholes.size() + (hasRecurrentBias ? 1L : 0L);
    return Math.addExact(Math.multiplyExact(gates.size(), gate), vectors * units);
  }
}
