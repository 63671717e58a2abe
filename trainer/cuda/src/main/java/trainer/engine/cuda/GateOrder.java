package trainer.engine.cuda;

import trainer.config.Layer.CellType;

/**
 * How a cell's gates lie, here and in DL4J's parameters. The gates that get x W come first, those
 * that get h R last; the GRU's candidate gets both apart, so it counts twice.
 *
 * @param gates in the order of the kernels
 * @param fromInput the first so many get x W
 * @param fromRecurrence the last so many get h R
 * @param inputBlocks for each gate from the input, which block of H columns of DL4J's W it is
 * @param biasBlocks for each gate, which block of H of DL4J's biases; a GRU's recurrent bias
 *     follows its bias
 * @param peepholes vectors behind DL4J's RW
 * @param remembers whether there is a memory c beside h
 */
record GateOrder(
    int gates,
    int fromInput,
    int fromRecurrence,
    int[] inputBlocks,
    int[] biasBlocks,
    int peepholes,
    boolean remembers) {

  private static final int[] ONE = {0};
  private static final int[] FOUR = {0, 1, 2, 3};

  private static final GateOrder SIMPLE_RNN = new GateOrder(1, 1, 1, ONE, ONE, 0, false);

  /** Candidate, forget, output, input, as DL4J has them. */
  private static final GateOrder LSTM = new GateOrder(4, 4, 4, FOUR, FOUR, 0, true);

  private static final GateOrder GRAVES_LSTM = new GateOrder(4, 4, 4, FOUR, FOUR, 3, true);

  /** Here n from the input, r, z, n from the recurrence; the layer's parameters have r, z, n. */
  private static final GateOrder GRU =
      new GateOrder(4, 3, 3, new int[] {2, 0, 1}, new int[] {2, 0, 1, 3}, 0, false);

  static GateOrder of(CellType type) {
    return switch (type) {
      case SIMPLE_RNN -> SIMPLE_RNN;
      case LSTM -> LSTM;
      case GRAVES_LSTM -> GRAVES_LSTM;
      case GRU -> GRU;
    };
  }

  /** The first gate that gets h R. */
  int firstRecurrent() {
    return gates - fromRecurrence;
  }
}
