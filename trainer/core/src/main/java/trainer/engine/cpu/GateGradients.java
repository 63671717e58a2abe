package trainer.engine.cpu;

import java.util.Arrays;
import trainer.cell.CellLayout;

/**
 * Gradients of the loss in a cell's backward pass, by the quantity each is named for:
 * [lanes·units].
 */
final class GateGradients {
  /** h after the current step. */
  final float[] hidden;

  /** c, the long-term memory of an LSTM. */
  final float[] cell;

  /** The pre-activations of the gates. */
  final float[][] gates;

  /** Biases, not yet summed over lanes: {@link #gates} summed over steps. */
  final float[][] biases;

  /** Peepholes, not yet summed over lanes. */
  final float[][] peepholes;

  GateGradients(CellLayout layout, int elements) {
    hidden = new float[elements];
    cell = new float[elements];
    gates = new float[layout.sums()][elements];
    biases = new float[layout.sums()][elements];
    peepholes = new float[layout.peepholes().size()][elements];
  }

  /** Resets before the last step of a segment. */
  void clear() {
    Arrays.fill(hidden, 0f);
    Arrays.fill(cell, 0f);
    for (float[] sum : biases) {
      Arrays.fill(sum, 0f);
    }
    for (float[] sum : peepholes) {
      Arrays.fill(sum, 0f);
    }
  }

  /** Adds a step's {@link #gates} to {@link #biases}. */
  void addToBiases(int from, int to) {
    for (int g = 0; g < gates.length; g++) {
      ElementwiseOps.add(biases[g], gates[g], from, to);
    }
  }
}
