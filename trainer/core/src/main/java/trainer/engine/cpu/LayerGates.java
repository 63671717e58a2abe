package trainer.engine.cpu;

import trainer.cell.CellLayout;

/**
 * Gradients of a layer's gates as factors of products, written and read by all threads. Columns are
 * ordered by thread, then by gate.
 *
 * @param input of the sums that the input feeds: [steps · lanes, gates from the input · H]
 * @param recurrent of those that the recurrence feeds: [steps · lanes, gates from the recurrence ·
 *     H]; the same matrix, if these are the same sums
 */
record LayerGates(Matrix input, Matrix recurrent) {

  /** Memory for any layer of a network. */
  static LayerGates widest(Products products, NativeMemory memory, NetworkShape shape, int rows) {
    int input = 0;
    int recurrent = 1;
    for (int l = 0; l < shape.layers().size(); l++) {
      CellLayout cell = shape.cell(l);
      input = Math.max(input, cell.fromInput() * shape.size(l));
      if (!shared(cell)) {
        recurrent = Math.max(recurrent, cell.fromRecurrence() * shape.size(l));
      }
    }
    return new LayerGates(
        products.factors(memory, rows, input), products.factors(memory, rows, recurrent));
  }

  /** This memory for one layer. */
  LayerGates of(Products products, CellLayout cell, int size) {
    Matrix fromInput = reshaped(products, input, cell.fromInput() * size);
    return new LayerGates(
        fromInput,
        shared(cell) ? fromInput : reshaped(products, recurrent, cell.fromRecurrence() * size));
  }

  private static Matrix reshaped(Products products, Matrix matrix, int columns) {
    return matrix.reshaped(columns, products.stride(columns));
  }

  /** Whether input and recurrence feed the same sums. */
  private static boolean shared(CellLayout cell) {
    return cell.fromInput() == cell.sums() && cell.fromRecurrence() == cell.sums();
  }

  boolean isShared() {
    return input == recurrent;
  }
}
