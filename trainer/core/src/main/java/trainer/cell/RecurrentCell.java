package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.config.Layer.CellType;

/** One recurrent layer over segments of a fixed shape. */
public interface RecurrentCell {

  /**
   * A cell over the given arrays, which are read and written where they are.
   *
   * @param gradients where {@link #backward} puts the weights' gradients, or null for a
   *     forward-only cell
   */
  static RecurrentCell create(
      CellType type, LayerParameters weights, LayerParameters gradients, CellShape shape) {
    return switch (type) {
      case SIMPLE_RNN -> new SimpleRnnCell(weights, gradients, shape);
      case LSTM -> new LstmCell(weights, gradients, shape, false);
      case GRAVES_LSTM -> new LstmCell(weights, gradients, shape, true);
      case GRU -> new GruCell(weights, gradients, shape);
    };
  }

  /**
   * Reads a segment.
   *
   * @param state the state before it, replaced by the state after it
   * @return the outputs h, [T·B, H], overwritten by the next call
   */
  Sequence forward(LayerInput input, CellState state);

  /**
   * Computes the weights' gradients for the segment that was read last.
   *
   * @param outputGradient gradient of the loss by the outputs, [T·B, H]
   * @param inputGradient where the gradient by the input goes, [T·B, in], or null where nobody asks
   *     for it
   */
  void backward(LayerInput input, Sequence outputGradient, INDArray inputGradient);
}
