package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * One thread's share of a layer's backward pass: its units in all lanes, last step first. Threads
 * synchronize after every step, because the gradient of a state depends on the gates of all units.
 */
final class LayerBackward {
  private final ThreadContext context;
  private final LayerForward forward;
  private final LayerBackward below;
  private final CharacterGradients characterGradients; // null: not the first layer
  private final Cell cell;
  private final Units units;
  private final int lanes;
  private final int lanesPerRange;
  private final GateGradients gradients;
  private final float[] incoming;
  private final Matrix outputs;
  private final Matrix[] outputSteps;
  private final Matrix inputGates;
  private final Matrix[] recurrentGates; // by step
  private final List<GateWriter> writers;
  private final Matrix hidden;
  private final Products.Prepared recurrentProduct;
  private final Products.Prepared inputProduct;

  /**
   * @param gates of all threads
   * @param outputs receives the gradient of the outputs of the thread's units, [steps · lanes,
   *     units], before {@link #run}
   * @param below the same thread's share of the layer below; null in the first layer
   */
  LayerBackward(
      ThreadContext context,
      LayerForward forward,
      LayerGates gates,
      Matrix outputs,
      LayerBackward below) {
    this.context = context;
    this.forward = forward;
    this.below = below;
    characterGradients =
        below == null ? new CharacterGradients(context, forward.weights(), gates) : null;
    cell = forward.cell();
    LayerWeights weights = forward.weights();
    units = weights.units();
    lanes = context.pass().lanes();
    lanesPerRange = Math.max(1, ElementwiseOps.RANGE / Math.max(1, units.count()));
    gradients = new GateGradients(weights.cell(), lanes * units.count());
    incoming = new float[lanes * units.count()];
    this.outputs = outputs;
    outputSteps = outputs.split(lanes);
    NativeMemory memory = context.memory();
    inputGates = gates.input();
    recurrentGates = gates.recurrent().split(lanes);
    writers = new ArrayList<>();
    for (GateOrder.Group group : weights.groups()) {
      if (gates.fedByInput(group)) {
        writers.add(new GateWriter(context, group, gates.input(group, units)));
      }
      if (gates.fedByRecurrence(group) && (gates.apart() || !gates.fedByInput(group))) {
        writers.add(new GateWriter(context, group, gates.recurrent(group, units)));
      }
    }
    hidden = memory.matrix(lanes, units.count());
    recurrentProduct = product(recurrentGates[0], weights.shared().recurrent(), units, hidden);
    inputProduct =
        below == null
            ? null
            : product(inputGates, weights.shared().input(), below.units, below.outputs);
  }

  /** The product of gate gradients with the transposed weights from some units. */
  private Products.Prepared product(Matrix gates, Matrix weights, Units fed, Matrix result) {
    if (fed.count() == 0) {
      return null;
    }
    Matrix rows = weights.rows(fed.first(), fed.count());
    return context.products().prepare(context.memory(), gates, rows, true, result, null);
  }

  /** Receives the gradient of the outputs: [steps · lanes, units]. */
  Matrix outputs() {
    return outputs;
  }

  GateGradients gradients() {
    return gradients;
  }

  /** Packs the current weights. */
  void load() {
    if (recurrentProduct != null) {
      recurrentProduct.load();
    }
    if (inputProduct != null) {
      inputProduct.load();
    }
  }

  /**
   * Computes the gradients of the gates, and from them those of the lower layer's outputs. No
   * gradient reaches the carried state.
   *
   * @param characters [steps · lanes]; read by the first layer only
   */
  void run(int[] characters, int steps) {
    PhaseClock clock = context.clock();
    gradients.clear();
    for (int t = steps - 1; t >= 0; t--) {
      if (units.count() > 0) {
        gates(t);
        clock.lap(Phase.GATES_BACKWARD);
      }
      context.barrier();
      if (t > 0 && units.count() > 0) {
        recurrentProduct.multiply(recurrentGates[t], hidden);
        receiveHidden();
        clock.lap(Phase.RECURRENT_BACKWARD);
      }
    }
    if (characterGradients != null && units.count() > 0) {
      characterGradients.run(characters, steps);
      clock.lap(Phase.FIRST_LAYER);
    }
    if (inputProduct != null) {
      inputProduct.multiply(inputGates, below.outputs);
      clock.lap(Phase.INPUT_BACKWARD);
    }
  }

  /** Computes the gradients of a step's gates, range by range. */
  private void gates(int t) {
    outputSteps[t].read(0, 0, incoming, 0, incoming.length);
    if (forward.dropout() != null) {
      forward.dropout().backward(t, incoming);
    }
    for (int lane = 0; lane < lanes; lane += lanesPerRange) {
      int end = Math.min(lanes, lane + lanesPerRange);
      int from = lane * units.count();
      int to = end * units.count();
      ElementwiseOps.addFaded(gradients.hidden, incoming, from, to);
      cell.backward(t, gradients, from, to);
      gradients.addToBiases(from, to);
      for (GateWriter writer : writers) {
        writer.write(t, gradients.gates, lane, end);
      }
    }
    for (GateWriter writer : writers) {
      writer.finish(t);
    }
  }

  /** Gradient of the previous state: the recurrent product, plus what the cell has passed on. */
  private void receiveHidden() {
    if (cell.passesHidden()) {
      hidden.read(0, 0, incoming, 0, incoming.length);
      ElementwiseOps.add(gradients.hidden, incoming, 0, incoming.length);
    } else {
      hidden.read(0, 0, gradients.hidden, 0, incoming.length);
    }
  }
}
