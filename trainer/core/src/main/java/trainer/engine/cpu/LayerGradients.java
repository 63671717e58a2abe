package trainer.engine.cpu;

import java.util.Arrays;
import java.util.List;
import trainer.cell.CellLayout;

/** Computes the gradients of one thread's share of a layer's parameters. */
final class LayerGradients {
  private final ThreadContext context;
  private final LayerForward forward;
  private final LayerWeights weights;
  private final GateGradients gates;
  private final Matrix inputGradient;
  private final Matrix recurrentGradient;
  private final List<ColumnGroup> groups;
  private final float[] row;

  /**
   * A group of the thread's gates.
   *
   * @param ownColumn its first column among the thread's gates
   * @param gates the gradients of the gates, [steps · lanes, columns]
   * @param input computes the gradient of W; null without input, and in the first layer
   * @param recurrent computes the gradient of R; null without recurrence
   */
  private record ColumnGroup(
      int ownColumn, Matrix gates, Products.Transposed input, Products.Transposed recurrent) {}

  /**
   * @param sharedGates the gradients of all threads' gates
   */
  LayerGradients(
      ThreadContext context, LayerForward forward, Matrix sharedGates, GateGradients gates) {
    this.context = context;
    this.forward = forward;
    this.gates = gates;
    weights = forward.weights();
    CellLayout cell = weights.cell();
    Units units = weights.units();
    NativeMemory memory = context.memory();
    int fromInput = cell.fromInput() * units.count();
    inputGradient =
        forward.below() == null ? null : memory.matrix(weights.input().rows(), fromInput);
    recurrentGradient = memory.matrix(weights.size(), cell.fromRecurrence() * units.count());
    groups =
        units.count() == 0
            ? List.of()
            : weights.groups().stream().map(group -> columns(group, sharedGates)).toList();
    row = new float[fromInput];
  }

  private ColumnGroup columns(GateOrder.Group group, Matrix sharedGates) {
    CellLayout cell = weights.cell();
    Units units = weights.units();
    int own = group.ownColumn(units);
    int columns = group.columns(units);
    Matrix ofGroup = sharedGates.columns(group.sharedColumn(weights.size(), units), columns);
    boolean fedByInput = inputGradient != null && group.first() < cell.fromInput();
    boolean fedByRecurrence = group.first() >= cell.firstRecurrent();
    int behind = cell.firstRecurrent() * units.count();
    return new ColumnGroup(
        own,
        ofGroup,
        fedByInput
            ? product(forward.below().outputs(), ofGroup, inputGradient.columns(own, columns))
            : null,
        fedByRecurrence
            ? product(
                forward.own().states(), ofGroup, recurrentGradient.columns(own - behind, columns))
            : null);
  }

  private Products.Transposed product(Matrix left, Matrix right, Matrix result) {
    return context.products().prepareTransposed(context.memory(), left, right, result);
  }

  /**
   * Computes the gradients and copies them to the heap.
   *
   * @param characters [steps · lanes]; read by the first layer only
   */
  void run(int[] characters, int steps) {
    if (weights.units().count() == 0) {
      return;
    }
    PhaseClock clock = context.clock();
    int rows = steps * context.pass().lanes();
    for (ColumnGroup group : groups) {
      if (group.recurrent() != null) {
        group.recurrent().multiply(rows);
      }
      if (group.input() != null) {
        group.input().multiply(rows);
      }
    }
    recurrentGradient.read(weights.recurrent().gradient());
    if (inputGradient != null) {
      inputGradient.read(weights.input().gradient());
    }
    clock.lap(Phase.WEIGHT_GRADIENTS);
    if (inputGradient == null) {
      scatter(characters, rows);
    }
    int units = weights.units().count();
    for (int g = 0; g < gates.biases.length; g++) {
      ElementwiseOps.sumLanes(gates.biases[g], units, weights.biases().gradient(), g);
    }
    for (int g = 0; g < gates.peepholes.length; g++) {
      ElementwiseOps.sumLanes(gates.peepholes[g], units, weights.peepholes().gradient(), g);
    }
    clock.lap(Phase.FIRST_LAYER);
  }

  /** Adds the gate gradients of every position to the row of W of its character. */
  private void scatter(int[] characters, int rows) {
    float[] gradient = weights.input().gradient();
    Arrays.fill(gradient, 0f);
    for (ColumnGroup group : groups) {
      if (group.ownColumn() < row.length) {
        Matrix from = group.gates();
        int columns = from.columns();
        for (int r = 0; r < rows; r++) {
          from.read(r * from.stride(), row, 0, columns);
          int to = characters[r] * row.length + group.ownColumn();
          for (int k = 0; k < columns; k++) {
            gradient[to + k] += row[k];
          }
        }
      }
    }
  }
}
