package trainer.engine.cpu;

import trainer.engine.PassSize;

/** A layer's states and outputs as factors of products, written and read by all threads. */
final class LayerActivations {
  private final Matrix hidden;
  private final Matrix[] states;
  private final Matrix outputs;

  /**
   * @param dropout whether the outputs may differ from the states
   */
  LayerActivations(
      Products products, NativeMemory memory, PassSize pass, int size, boolean dropout) {
    int lanes = pass.lanes();
    hidden = products.factors(memory, (pass.paddedSteps() + 1) * lanes, size);
    states = hidden.split(lanes);
    outputs =
        dropout
            ? products.factors(memory, pass.paddedSteps() * lanes, size)
            : hidden.rows(lanes, pass.paddedSteps() * lanes);
  }

  /** h before a step: [lanes,H]; {@code state(t + 1)} is h after step t. */
  Matrix state(int step) {
    return states[step];
  }

  /** All states from the carried one on: [(steps+1) · lanes, H]. */
  Matrix states() {
    return hidden;
  }

  /** Input of the next layer, all steps: [steps · lanes, H]. */
  Matrix outputs() {
    return outputs;
  }
}
