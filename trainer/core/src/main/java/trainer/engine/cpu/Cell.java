package trainer.engine.cpu;

import trainer.config.Layer.CellType;

/**
 * The element-wise part of a recurrent cell, for the units of one thread, all lanes and the steps
 * of a segment. Arrays are [lanes·units]: element {@code b * units + j} belongs to unit j of lane
 * b. Calls process one range of elements, which stays in the L1 cache.
 *
 * <p>The forward pass of step t reads the sums x W + h R + b of every gate from {@link #gates}(t)
 * and overwrites them with the values that the backward pass needs.
 */
sealed interface Cell permits SimpleRnnCell, LstmCell, GravesLstmCell, GruCell {

  /**
   * A cell with zero biases and state.
   *
   * @param steps length of the longest segment
   * @param elements lanes · units
   */
  static Cell of(CellType type, int steps, int elements) {
    return switch (type) {
      case SIMPLE_RNN -> new SimpleRnnCell(steps, elements);
      case LSTM -> new LstmCell(steps, elements);
      case GRAVES_LSTM -> new GravesLstmCell(steps, elements);
      case GRU -> new GruCell(steps, elements);
    };
  }

  /** Bias of the first gate, repeated for every lane, if only the input feeds it; else null. */
  default float[] inputBias() {
    return null;
  }

  /** Peepholes, each repeated for every lane; may be empty. */
  default float[][] peepholes() {
    return new float[0][];
  }

  /** The gates of a step. */
  float[][] gates(int step);

  /** The hidden state h after a step. */
  float[] hidden(int step);

  /** Computes {@link #hidden}(step) from the products, for elements [from, to). */
  void forward(int step, int from, int to);

  /**
   * Computes the gradients of the pre-activations from that of h, {@link GateGradients#hidden}, for
   * elements [from, to). Overwrites {@code hidden} and {@code cell} with the gradients that reach
   * the previous step other than through the recurrent product.
   */
  void backward(int step, GateGradients gradients, int from, int to);

  /** Whether {@link #backward} passes a gradient on in {@link GateGradients#hidden}. */
  default boolean passesHidden() {
    return false;
  }

  /** The h that step 0 starts from, if the cell's element-wise part reads it; else null. */
  default float[] carriedHidden() {
    return null;
  }

  /** The long-term memory c that step 0 starts from; else null. */
  default float[] carriedCell() {
    return null;
  }

  /** Makes the state after {@code steps} the start of step 0. */
  default void carry(int steps) {}
}
