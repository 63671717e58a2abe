package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The simple recurrent network (Elman, 1990).
 *
 * <pre>h[t] = tanh(x[t] W + h[t-1] R + b)</pre>
 */
final class SimpleRnnCell implements RecurrentCell {
  private final Gate gate;
  private final Memory hidden;
  private final INDArray hiddenGradient; // [B, H]

  SimpleRnnCell(LayerParameters weights, LayerParameters gradients, CellShape shape) {
    gate = new Gate(weights, gradients, 0, shape);
    hidden = new Memory(shape);
    hiddenGradient = Nd4j.zeros(shape.type(), shape.lanes(), shape.size());
  }

  @Override
  public Sequence forward(LayerInput input, CellState state) {
    hidden.start(state.hidden());
    gate.readInput(input);
    for (int t = 0; t < gate.value.length(); t++) {
      gate.addRecurrence(hidden.previous.at()[t], t);
      Activations.tanh(gate.value.at()[t], hidden.current.at()[t]);
    }
    hidden.end(state.hidden());
    return hidden.current;
  }

  @Override
  public void backward(LayerInput input, Sequence outputGradient, INDArray inputGradient) {
    Activations.tanhSlope(hidden.current.all(), gate.delta.all());
    hiddenGradient.assign(0);
    for (int t = gate.value.length() - 1; t >= 0; t--) {
      hiddenGradient.addi(outputGradient.at()[t]);
      gate.delta.at()[t].muli(hiddenGradient);
      hiddenGradient.assign(0);
      gate.addHiddenGradient(gate.delta.at()[t], hiddenGradient);
    }
    gate.weightGradients(input, hidden.previous.all(), gate.delta);
    if (inputGradient != null) {
      inputGradient.assign(0);
      gate.addInputGradient(inputGradient);
    }
  }
}
