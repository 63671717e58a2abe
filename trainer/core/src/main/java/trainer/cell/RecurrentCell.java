package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.config.Layer.CellType;

/** One recurrent layer over segments of a fixed shape. */
public interface RecurrentCell {

  /**
   * A cell that reads and writes the given arrays in place.
   *
   * @param gradients receives the weight gradients of {@link #backward}; null for a forward-only
   *     cell
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
   * Computes the outputs of a segment.
   *
   * @param state the state before the segment, replaced by the state after it
   * @return the outputs h, [T·B, H], overwritten by the next call
   */
  Sequence forward(LayerInput input, CellState state);

  /**
   * Computes the weight gradients of the last forward segment.
   *
   * @param outputGradient gradient of the loss by the outputs, [T·B, H]
   * @param inputGradient receives the gradient by the input, [T·B, in]; null if not needed
   */
  void backward(LayerInput input, Sequence outputGradient, INDArray inputGradient);
}
