package trainer.engine.cpu;

import java.util.List;
import trainer.cell.CellLayout;

/**
 * One thread's share of a layer's parameters: the columns of its units. The thread updates them on
 * the heap and publishes them to native memory: to its own matrices for its forward products, and
 * to the layer's shared matrices, which all threads read in their backward products.
 */
final class LayerWeights {
  /** The weights of a whole layer, written and read by all threads. */
  record Shared(Matrix input, Matrix recurrent) {
    /** W: [in, gates from the input · H]; R: [H, gates from the recurrence · H]. */
    static Shared of(NativeMemory memory, NetworkShape shape, int layer) {
      CellLayout cell = shape.cell(layer);
      int size = shape.size(layer);
      return new Shared(
          layer == 0 ? null : memory.matrix(shape.inputs(layer), cell.fromInput() * size),
          memory.matrix(size, cell.fromRecurrence() * size));
    }
  }

  private final CellLayout cell;
  private final List<GateOrder.Group> groups;
  private final int size;
  private final Units units;
  private final Shared shared;
  private final Parameter input;
  private final Parameter recurrent;
  private final Parameter peepholes;
  private final Parameter biases;
  private final Matrix ownInput;
  private final Matrix ownRecurrent;

  LayerWeights(
      NativeMemory memory,
      NetworkShape shape,
      int layer,
      int share,
      Units units,
      Shared shared,
      int moments) {
    cell = shape.cell(layer);
    groups = GateOrder.groups(cell);
    GateOrder order = GateOrder.of(shape.layers().get(layer).type());
    size = shape.size(layer);
    this.units = units;
    this.shared = shared;
    int inputs = shape.inputs(layer);
    int recurrentAt = shape.offset(layer) + inputs * cell.fromInput() * size;
    int biasesAt = recurrentAt + size * (cell.fromRecurrence() * size + cell.peepholes().size());
    int peepholesAt = recurrentAt + size * cell.fromRecurrence() * size;
    input =
        new Parameter(
            share, inputs, places(order.inputBlocks(), shape.offset(layer), inputs), true, moments);
    recurrent =
        new Parameter(
            share, size, places(order.recurrentBlocks(), recurrentAt, size), true, moments);
    peepholes =
        new Parameter(share, 1, places(order.peepholeColumns(), peepholesAt, 1), false, moments);
    biases = new Parameter(share, 1, places(order.biasBlocks(), biasesAt, 1), false, moments);
    boolean all = units.count() == size;
    ownInput =
        all || layer == 0
            ? shared.input()
            : memory.matrix(inputs, cell.fromInput() * units.count());
    ownRecurrent =
        all ? shared.recurrent() : memory.matrix(size, cell.fromRecurrence() * units.count());
  }

  private LayerWeights(LayerWeights other) {
    cell = other.cell;
    groups = other.groups;
    size = other.size;
    units = other.units;
    shared = other.shared;
    ownInput = other.ownInput;
    ownRecurrent = other.ownRecurrent;
    input = other.input.withOwnGradient();
    recurrent = other.recurrent.withOwnGradient();
    peepholes = other.peepholes.withOwnGradient();
    biases = other.biases.withOwnGradient();
  }

  /** The same weights with gradients of their own. */
  LayerWeights withOwnGradients() {
    return new LayerWeights(this);
  }

  /** Offset of each gate's and unit's column in the vector. */
  private int[] places(int[] blocks, int offset, int rows) {
    int[] places = new int[blocks.length * units.count()];
    for (int k = 0; k < places.length; k++) {
      int column = blocks[k / units.count()] * size + units.first() + k % units.count();
      places[k] = offset + column * rows;
    }
    return places;
  }

  CellLayout cell() {
    return cell;
  }

  List<GateOrder.Group> groups() {
    return groups;
  }

  /** H, the number of units of the layer. */
  int size() {
    return size;
  }

  Units units() {
    return units;
  }

  Shared shared() {
    return shared;
  }

  /** W: [in, gates from the input · units]. */
  Parameter input() {
    return input;
  }

  /** R: [H, gates from the recurrence · units]. */
  Parameter recurrent() {
    return recurrent;
  }

  /** p: [peepholes · units]. */
  Parameter peepholes() {
    return peepholes;
  }

  /** b: [gates · units]. */
  Parameter biases() {
    return biases;
  }

  /** W in native memory; null in the first layer, which looks up rows on the heap. */
  Matrix ownInput() {
    return ownInput;
  }

  /** R in native memory. */
  Matrix ownRecurrent() {
    return ownRecurrent;
  }

  List<Parameter> parameters() {
    return List.of(input, recurrent, peepholes, biases);
  }

  /** Copies one slice of the weights from the heap to native memory. */
  void publish(int slice, int slices) {
    if (units.count() == 0) {
      return;
    }
    publish(recurrent, ownRecurrent, slice, slices);
    publish(input, ownInput, slice, slices);
    for (GateOrder.Group group : groups) {
      if (group.first() >= cell.firstRecurrent()) {
        publish(group, cell.firstRecurrent(), recurrent, shared.recurrent(), slice, slices);
      }
      if (group.first() < cell.fromInput()) {
        publish(group, 0, input, shared.input(), slice, slices);
      }
    }
  }

  /** Writes rows to the thread's own matrix. */
  private void publish(Parameter piece, Matrix own, int slice, int slices) {
    if (own != null && own != shared.input() && own != shared.recurrent()) {
      int end = piece.firstRow(slice + 1, slices);
      for (int r = piece.firstRow(slice, slices); r < end; r++) {
        own.write(r, 0, piece.values(), r * own.columns(), own.columns());
      }
    }
  }

  /** Writes rows to the thread's columns of a matrix of the whole layer. */
  private void publish(
      GateOrder.Group group, int firstGate, Parameter piece, Matrix whole, int slice, int slices) {
    if (whole == null) {
      return;
    }
    int from = group.ownColumn(units) - firstGate * units.count();
    int to = group.sharedColumn(size, units) - firstGate * size;
    int end = piece.firstRow(slice + 1, slices);
    for (int r = piece.firstRow(slice, slices); r < end; r++) {
      whole.write(r, to, piece.values(), r * piece.columns() + from, group.columns(units));
    }
  }
}
