package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.cell.CellLayout;

/**
 * Gradients of a layer's gates as factors of products, written and read by all threads. Columns are
 * in the order of {@link GateOrder#groups}.
 *
 * @param size units of the layer
 * @param input of the sums that the input feeds: [steps · lanes, gates from the input · H]
 * @param recurrent of those that the recurrence feeds: [steps · lanes, gates from the recurrence ·
 *     H]
 * @param apart whether sums that both feed are in two places, so that neither matrix has padding;
 *     else the matrices overlap
 */
record LayerGates(CellLayout cell, int size, Matrix input, Matrix recurrent, boolean apart) {

  /**
   * The gates of all layers, in the same memory: a layer's are not needed once its parameter
   * gradients are computed.
   */
  static List<LayerGates> of(Products products, NativeMemory memory, NetworkShape shape, int rows) {
    int first = 0;
    int second = 0;
    for (int l = 0; l < shape.layers().size(); l++) {
      CellLayout cell = shape.cell(l);
      boolean apart = products.rounds() && cell.sums() > cell.fromInput();
      first = Math.max(first, (apart ? cell.fromInput() : cell.sums()) * shape.size(l));
      second = Math.max(second, apart ? cell.fromRecurrence() * shape.size(l) : 0);
    }
    Matrix whole = products.factors(memory, rows, first);
    Matrix other = second == 0 ? null : products.factors(memory, rows, second);
    List<LayerGates> layers = new ArrayList<>();
    for (int l = 0; l < shape.layers().size(); l++) {
      CellLayout cell = shape.cell(l);
      int size = shape.size(l);
      boolean apart = products.rounds() && cell.sums() > cell.fromInput();
      int columns = (apart ? cell.fromInput() : cell.sums()) * size;
      Matrix own = products.rounds() ? whole.reshaped(columns) : whole.columns(0, columns);
      int fromRecurrence = cell.fromRecurrence() * size;
      layers.add(
          new LayerGates(
              cell,
              size,
              own.columns(0, cell.fromInput() * size),
              apart
                  ? other.reshaped(fromRecurrence)
                  : own.columns(cell.firstRecurrent() * size, fromRecurrence),
              apart));
    }
    return layers;
  }

  /** The columns of one thread's units, of a group that the input feeds. */
  Matrix input(GateOrder.Group group, Units units) {
    return input.columns(group.sharedColumn(size, units), group.columns(units));
  }

  /** The columns of one thread's units, of a group that the recurrence feeds. */
  Matrix recurrent(GateOrder.Group group, Units units) {
    int before = cell.firstRecurrent() * size;
    return recurrent.columns(group.sharedColumn(size, units) - before, group.columns(units));
  }

  boolean fedByInput(GateOrder.Group group) {
    return group.first() < cell.fromInput();
  }

  boolean fedByRecurrence(GateOrder.Group group) {
    return group.first() >= cell.firstRecurrent();
  }
}
