package trainer.engine.cpu;

import trainer.config.Layer.CellType;

/**
 * The element-wise part of a recurrent cell, for the units that one thread owns, over all lanes and
 * the steps of a segment. What it computes with are planes [lanes·units]: element {@code b * units
 * + j} belongs to unit j of lane b. A range of a plane is computed at a time, so that it stays in
 * the first-level cache.
 *
 * <p>Step t of a segment finds in {@link #gates}(t) what the products gave, x W + h R of every
 * gate, and leaves there what its backward pass needs.
 */
sealed interface Cell permits SimpleRnnCell, LstmCell, GravesLstmCell, GruCell {

  /**
   * A cell with zero biases and state.
   *
   * @param steps longest segment
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

  /** Biases of the gates, each repeated for every lane. */
  float[][] biases();

  /** Peepholes, each repeated for every lane; none where the cell has none. */
  default float[][] peepholes() {
    return new float[0][];
  }

  /** The planes of a step's gates. */
  float[][] gates(int step);

  /** The plane of the state h that a step leaves. */
  float[] hidden(int step);

  /** From the products to {@link #hidden}(step), for the range [from, to). */
  void forward(int step, int from, int to);

  /**
   * From the gradient of h that the step left, {@link GateGradients#hidden}, to the gradients of
   * its gates before the non-linearities, for the range [from, to). Leaves in {@code hidden} and
   * {@code cell} what reaches the step before other than through the recurrent product.
   */
  void backward(int step, GateGradients gradients, int from, int to);

  /** Whether {@link #backward} leaves anything in {@link GateGradients#hidden}. */
  default boolean passesHidden() {
    return false;
  }

  /** The plane of h that step 0 starts from, where the cell's own arithmetic uses it, else null. */
  default float[] carriedHidden() {
    return null;
  }

  /** The plane of the long-term memory c that step 0 starts from, else null. */
  default float[] carriedCell() {
    return null;
  }

  /** Makes the state that so many steps left the one that step 0 starts from. */
  default void carry(int steps) {}
}
