package trainer.engine.cpu;

import trainer.engine.PassSize;

/**
 * What a layer leaves for the next one and for its own next step, written and read by all threads.
 */
final class LayerActivations {
  private final Matrix hidden;
  private final Matrix[] states;
  private final Matrix outputs;
  private final Matrix[] outputSteps;

  /**
   * @param dropout whether the outputs may differ from the states
   */
  LayerActivations(NativeMemory memory, PassSize pass, int size, boolean dropout) {
    int lanes = pass.lanes();
    hidden = memory.spreadRows((pass.paddedSteps() + 1) * lanes, size);
    states = hidden.split(lanes);
    outputs =
        dropout
            ? memory.spreadRows(pass.paddedSteps() * lanes, size)
            : hidden.rows(lanes, pass.paddedSteps() * lanes);
    outputSteps = outputs.split(lanes);
  }

  /** h before a step: [lanes,H]; {@code state(t + 1)} is what step t leaves. */
  Matrix state(int step) {
    return states[step];
  }

  /** The states that the steps start from, and after them the last one: [(steps+1) · lanes, H]. */
  Matrix states() {
    return hidden;
  }

  /** What the next layer reads, of all steps: [steps · lanes, H]. */
  Matrix outputs() {
    return outputs;
  }

  /** What the next layer reads, of one step: [lanes,H]. */
  Matrix output(int step) {
    return outputSteps[step];
  }
}
