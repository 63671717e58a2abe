package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.cell.CellLayout;

/**
 * Computes the gradients of one thread's share of a layer's parameters; not that of W of the first
 * layer: see {@link CharacterGradients}.
 */
final class LayerGradients {
  private final ThreadContext context;
  private final LayerWeights weights;
  private final GateGradients gates;
  private final Matrix inputGradient;
  private final Matrix recurrentGradient;
  private final List<Products.Transposed> products = new ArrayList<>();

  /**
   * @param shared the gradients of all threads' gates
   * @param gates those of the thread
   */
  LayerGradients(
      ThreadContext context, LayerForward forward, LayerGates shared, GateGradients gates) {
    this.context = context;
    this.gates = gates;
    weights = forward.weights();
    CellLayout cell = weights.cell();
    Units units = weights.units();
    int fromInput = cell.fromInput() * units.count();
    int fromRecurrence = cell.fromRecurrence() * units.count();
    NativeMemory memory = context.memory();
    inputGradient =
        forward.below() == null ? null : memory.spreadRows(weights.input().rows(), fromInput);
    recurrentGradient = memory.spreadRows(weights.size(), fromRecurrence);
    int before = cell.firstRecurrent() * units.count();
    for (GateOrder.Group group :
        units.count() == 0 ? List.<GateOrder.Group>of() : weights.groups()) {
      int own = group.ownColumn(units);
      int columns = group.columns(units);
      if (shared.fedByRecurrence(group)) {
        add(
            forward.own().states(),
            shared.recurrent(group, units),
            recurrentGradient.columns(own - before, columns));
      }
      if (shared.fedByInput(group) && inputGradient != null) {
        add(
            forward.below().outputs(),
            shared.input(group, units),
            inputGradient.columns(own, columns));
      }
    }
  }

  private void add(Matrix left, Matrix right, Matrix result) {
    products.add(context.products().prepareTransposed(context.memory(), left, right, result));
  }

  /** Computes the gradients and copies them to the heap. */
  void run(int steps) {
    if (weights.units().count() == 0) {
      return;
    }
    PhaseClock clock = context.clock();
    int rows = steps * context.pass().lanes();
    for (Products.Transposed product : products) {
      product.multiply(rows);
    }
    recurrentGradient.read(weights.recurrent().gradient());
    if (inputGradient != null) {
      inputGradient.read(weights.input().gradient());
    }
    clock.lap(Phase.WEIGHT_GRADIENTS);
    int units = weights.units().count();
    for (int g = 0; g < gates.biases.length; g++) {
      ElementwiseOps.sumLanes(gates.biases[g], units, weights.biases().gradient(), g);
    }
    for (int g = 0; g < gates.peepholes.length; g++) {
      ElementwiseOps.sumLanes(gates.peepholes[g], units, weights.peepholes().gradient(), g);
    }
    clock.lap(Phase.FIRST_LAYER);
  }
}
