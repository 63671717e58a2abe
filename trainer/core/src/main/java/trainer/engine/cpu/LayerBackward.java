package trainer.engine.cpu;

import java.util.List;
import trainer.cell.CellLayout;

/**
 * One thread's share of a layer's backward pass: its units in all lanes, last step first. Threads
 * synchronize after every step, because the gradient of a state depends on the gates of all units.
 */
final class LayerBackward {
  private final ThreadContext context;
  private final LayerForward forward;
  private final LayerBackward below;
  private final Cell cell;
  private final List<GateOrder.Group> groups;
  private final Units units;
  private final int lanes;
  private final int lanesPerRange;
  private final GateGradients gradients;
  private final float[] incoming;
  private final Matrix outputs;
  private final Matrix[] outputSteps;
  private final Matrix inputGates;
  private final Matrix[] gateSteps;
  private final Matrix[] recurrentGateSteps;
  private final Matrix hidden;
  private final Products.Prepared recurrentProduct;
  private final Products.Prepared inputProduct;

  /**
   * @param sharedGates the gradients of all threads' gates, [steps · lanes, gates · H], columns in
   *     the order of {@link GateOrder#groups}
   * @param below the same thread's share of the layer below; null in the first layer
   */
  LayerBackward(
      ThreadContext context, LayerForward forward, Matrix sharedGates, LayerBackward below) {
    this.context = context;
    this.forward = forward;
    this.below = below;
    cell = forward.cell();
    LayerWeights weights = forward.weights();
    CellLayout layout = weights.cell();
    groups = weights.groups();
    units = weights.units();
    lanes = context.pass().lanes();
    lanesPerRange = Math.max(1, ElementwiseOps.RANGE / Math.max(1, units.count()));
    gradients = new GateGradients(layout, lanes * units.count());
    incoming = new float[lanes * units.count()];
    outputs = context.memory().matrix(context.pass().rows(), units.count());
    outputSteps = outputs.split(lanes);
    gateSteps = sharedGates.split(lanes);
    int size = weights.size();
    recurrentGateSteps =
        sharedGates
            .columns(layout.firstRecurrent() * size, layout.fromRecurrence() * size)
            .split(lanes);
    inputGates = sharedGates.columns(0, layout.fromInput() * size);
    hidden = context.memory().matrix(lanes, units.count());
    recurrentProduct = product(recurrentGateSteps[0], weights.shared().recurrent(), units, hidden);
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
    return context.products().prepare(context.memory(), gates, rows, true, result, false);
  }

  /**
   * Gradient of the outputs of the thread's units, written by the caller: [steps · lanes, units].
   */
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
   */
  void run(int steps) {
    PhaseClock clock = context.clock();
    gradients.clear();
    for (int t = steps - 1; t >= 0; t--) {
      if (units.count() > 0) {
        gates(t);
        clock.lap(Phase.GATES_BACKWARD);
      }
      context.barrier();
      if (t > 0 && units.count() > 0) {
        recurrentProduct.multiply(recurrentGateSteps[t], hidden);
        receiveHidden();
        clock.lap(Phase.RECURRENT_BACKWARD);
      }
    }
    if (inputProduct != null) {
      inputProduct.multiply(inputGates, below.outputs);
      clock.lap(Phase.INPUT_BACKWARD);
    }
  }

  /** Computes the gradients of a step's gates, range by range. */
  private void gates(int t) {
    int count = units.count();
    outputSteps[t].read(0, incoming, 0, incoming.length);
    if (forward.dropout() != null) {
      forward.dropout().backward(t, incoming);
    }
    for (int lane = 0; lane < lanes; lane += lanesPerRange) {
      int end = Math.min(lanes, lane + lanesPerRange);
      int from = lane * count;
      int to = end * count;
      ElementwiseOps.addFaded(gradients.hidden, incoming, from, to);
      cell.backward(t, gradients, from, to);
      gradients.addToBiases(from, to);
      write(gateSteps[t], lane, end);
    }
  }

  /** Gradient of the previous state: the recurrent product, plus what the cell has passed on. */
  private void receiveHidden() {
    if (cell.passesHidden()) {
      hidden.read(0, incoming, 0, incoming.length);
      ElementwiseOps.add(gradients.hidden, incoming, 0, incoming.length);
    } else {
      hidden.read(0, gradients.hidden, 0, incoming.length);
    }
  }

  private void write(Matrix to, int fromLane, int toLane) {
    int count = units.count();
    for (GateOrder.Group group : groups) {
      int column = group.sharedColumn(forward.weights().size(), units);
      for (int g = 0; g < group.gates(); g++) {
        float[] gate = gradients.gates[group.first() + g];
        for (int b = fromLane; b < toLane; b++) {
          to.write(b * to.stride() + column + g * count, gate, b * count, count);
        }
      }
    }
  }
}
