package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;

/** A state over a segment, including its value before the first step. */
final class Memory {
  private final Sequence states; // [(T+1)·B, H]

  /** The value before each step, [T·B, H]. */
  final Sequence previous;

  /** The value after each step, [T·B, H]. */
  final Sequence current;

  Memory(CellShape shape) {
    int steps = shape.steps();
    states = Sequence.zeros(shape.type(), steps + 1, shape.lanes(), shape.size());
    previous = states.steps(0, steps);
    current = states.steps(1, steps);
  }

  void start(INDArray state) {
    states.at()[0].assign(state);
  }

  void end(INDArray state) {
    state.assign(states.at()[states.length() - 1]);
  }
}
