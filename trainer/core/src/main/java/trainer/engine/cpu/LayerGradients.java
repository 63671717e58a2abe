package trainer.engine.cpu;

import trainer.cell.CellLayout;

/**
 * Computes the gradients of one thread's share of a layer's parameters; not that of W of the first
 * layer: see {@link CharacterGradients}.
 */
final class LayerGradients {
  private final ThreadContext context;
  private final LayerForward forward;
  private final LayerWeights weights;
  private final GateGradients gates;
  private final Matrix inputGradient;
  private final Matrix recurrentGradient;
  private final Products.Transposed inputProduct; // null: the first layer
  private final Products.Transposed recurrentProduct;

  /**
   * @param shared the gradients of all threads' gates
   * @param gates those of the thread
   */
  LayerGradients(
      ThreadContext context, LayerForward forward, LayerGates shared, GateGradients gates) {
    this.context = context;
    this.forward = forward;
    this.gates = gates;
    weights = forward.weights();
    CellLayout cell = weights.cell();
    Units units = weights.units();
    int fromInput = cell.fromInput() * units.count();
    int fromRecurrence = cell.fromRecurrence() * units.count();
    NativeMemory memory = context.memory();
    Matrix inputGates = shared.input().columns(cell.fromInput() * units.first(), fromInput);
    Matrix recurrentGates =
        shared.recurrent().columns(cell.fromRecurrence() * units.first(), fromRecurrence);
    recurrentGradient = memory.spreadRows(weights.size(), fromRecurrence);
    recurrentProduct = product(forward.own().states(), recurrentGates, recurrentGradient);
    inputGradient =
        forward.below() == null ? null : memory.spreadRows(weights.input().rows(), fromInput);
    inputProduct =
        forward.below() == null
            ? null
            : product(forward.below().outputs(), inputGates, inputGradient);
  }

  private Products.Transposed product(Matrix left, Matrix right, Matrix result) {
    return right.columns() == 0
        ? null
        : context.products().prepareTransposed(context.memory(), left, right, result);
  }

  /** Computes the gradients and copies them to the heap. */
  void run(int steps) {
    if (weights.units().count() == 0) {
      return;
    }
    PhaseClock clock = context.clock();
    int rows = steps * context.pass().lanes();
    recurrentProduct.multiply(rows);
    recurrentGradient.read(weights.recurrent().gradient());
    if (inputProduct != null) {
      inputProduct.multiply(rows);
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
