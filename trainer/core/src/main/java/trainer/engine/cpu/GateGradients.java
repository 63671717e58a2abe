package trainer.engine.cpu;

import java.util.Arrays;
import trainer.cell.CellLayout;

/**
 * What flows back through a cell: planes [lanes·units], the gradient of the loss with respect to
 * what they are named for.
 */
final class GateGradients {
  /** h, as the step that is computed leaves it. */
  final float[] hidden;

  /** c, the long-term memory of the LSTMs. */
  final float[] cell;

  /** The gates before their non-linearities. */
  final float[][] gates;

  /** The sums of {@link #gates} over the steps so far: the biases', but for the sum over lanes. */
  final float[][] biases;

  /** The same for the peepholes. */
  final float[][] peepholes;

  GateGradients(CellLayout layout, int elements) {
    hidden = new float[elements];
    cell = new float[elements];
    gates = new float[layout.sums()][elements];
    biases = new float[layout.sums()][elements];
    peepholes = new float[layout.peepholes().size()][elements];
  }

  /** Before the last step of a segment. */
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

  /** Adds the gates' gradients of a step to the biases'. */
  void addToBiases(int from, int to) {
    for (int g = 0; g < gates.length; g++) {
      ElementwiseOps.add(biases[g], gates[g], from, to);
    }
  }
}
