package trainer.engine.cuda;

import java.util.List;
import java.util.Optional;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.engine.cuda.PersistentPlan.Direction;

/**
 * A recurrent layer's backward pass over a segment: from the gradient of its outputs to those of
 * its parameters and inputs. No gradient reaches the carried state.
 */
final class LayerBackward {
  private final Device device;
  private final LayerForward forward;
  private final Weights.OfLayer gradients;
  private final Dropout dropout;
  private final Matrix gates; // a factor once it has the gradients
  private final Matrix outputs;
  private final Matrix cell;
  private final int lanes;
  private final Optional<PersistentKernel> persistent;

  /**
   * @param gradients receive the gradients of the parameters
   * @param dropout of the layer's outputs; null: none
   */
  LayerBackward(
      Device device,
      DeviceMemory memory,
      LayerForward forward,
      Weights.OfLayer gradients,
      Dropout dropout) {
    this.device = device;
    this.forward = forward;
    this.gradients = gradients;
    this.dropout = dropout;
    lanes = forward.lanes();
    int units = forward.layer().size();
    gates = device.products().factor(memory, forward.activations().gates());
    outputs = memory.matrix(gates.rows(), units);
    cell = forward.cell().hasMemory() ? memory.matrix(lanes, units) : null;
    Matrix weights = forward.weights().recurrent();
    persistent =
        outputs.rows() == lanes // segments of one step
            ? Optional.empty()
            : PersistentKernel.of(
                device, memory, forward.layer(), lanes, weights, Direction.BACKWARD);
  }

  /** Gradient of the outputs, written by the caller: [steps · lanes, H]. */
  Matrix outputs() {
    return outputs;
  }

  /** Whether all steps of a segment run at once. */
  boolean isPersistent() {
    return persistent.isPresent();
  }

  /** Applies the dropout to the gradient of the outputs of steps [from, to). */
  void drop(int from, int to) {
    if (dropout != null) {
      dropout.apply(outputs, outputs, from * lanes, (to - from) * lanes);
    }
  }

  /**
   * Computes the gradients of the gates in steps [from, to), last step first. Overwrites {@link
   * #outputs}, and adds to those of step from - 1.
   *
   * @param steps of the segment
   */
  void run(int from, int to, int steps) {
    if (persistent.isPresent() && steps > 1) {
      int last = (steps - 1) * lanes;
      persistent.get().backward(steps, gates.copyOfRow(last), arrays(steps - 1, true));
      return;
    }
    int units = forward.layer().size();
    int first = forward.cell().firstRecurrent() * units;
    int recurrent = forward.cell().fromRecurrence() * units;
    for (int t = to - 1; t >= from; t--) {
      device
          .kernels()
          .forElements(
              CellKernels.of(forward.layer().type()).backward(),
              lanes * units,
              gates.copyOfRow(t * lanes),
              arrays(t, t == steps - 1));
      if (t > 0) {
        device
            .products()
            .addByTransposed(
                gates.rows(t * lanes, lanes).columns(first, recurrent),
                forward.weights().recurrent(),
                outputs.rows((t - 1) * lanes, lanes));
      }
    }
  }

  /** The kernels' argument for a step: struct LstmBackward etc. */
  private List<?> arrays(int t, boolean last) {
    int row = t * lanes;
    int units = forward.layer().size();
    LayerActivations activations = forward.activations();
    long hidden = outputs.row(row);
    return switch (forward.layer().type()) {
      case LSTM, GRAVES_LSTM ->
          List.of(
              lanes,
              units,
              last ? 1 : 0,
              forward.weights().peepholes(),
              hidden,
              activations.cells().row(row),
              activations.cells().row(row + lanes),
              cell.address(),
              gates.row(row));
      case GRU -> List.of(lanes, units, t, activations.states().row(row), hidden, gates.row(row));
      case SIMPLE_RNN ->
          List.of(lanes, units, hidden, activations.states().row(row + lanes), gates.row(row));
    };
  }

  /** Computes the gradients of all parameters except W. Call after {@link #run}. */
  void parameters(ColumnSums columns, int steps) {
    int rows = steps * lanes;
    int units = forward.layer().size();
    int first = forward.cell().firstRecurrent() * units;
    Matrix ofSegment = gates.rows(0, rows);
    device
        .products()
        .multiplyTransposed(
            forward.activations().states().rows(0, rows),
            ofSegment.columns(first, forward.cell().fromRecurrence() * units),
            gradients.recurrent());
    if (persistent.isPresent() && steps > 1) { // summed over steps already
      Matrix sums = persistent.get().sums();
      columns.sum(sums.columns(0, gates.columns()), gradients.biases());
      if (gradients.peepholes() != 0) {
        columns.sum(sums.columns(gates.columns(), 3 * units), gradients.peepholes());
      }
      return;
    }
    columns.sum(ofSegment, gradients.biases());
    if (gradients.peepholes() != 0) {
      Matrix cells = forward.activations().cells().rows(0, rows + lanes);
      columns.peepholes(ofSegment, cells, lanes, gradients.peepholes());
    }
  }

  /** Computes the gradient of the lower layer's outputs in steps [from, to). */
  void below(LayerBackward below, int from, int to) {
    int first = from * lanes;
    int rows = (to - from) * lanes;
    device
        .products()
        .multiplyByTransposed(
            gates.rows(first, rows).columns(0, gradients.input().columns()),
            forward.weights().input(),
            below.outputs.rows(first, rows));
    below.drop(from, to);
  }

  /** Computes the gradient of an upper layer's W. */
  void input(Matrix below, int steps) {
    int rows = steps * lanes;
    Matrix fromInput = gates.rows(0, rows).columns(0, gradients.input().columns());
    device.products().multiplyTransposed(below.rows(0, rows), fromInput, gradients.input());
  }

  /** Computes the gradient of the first layer's W. */
  void characters(PositionsByCharacter positions) {
    device
        .kernels()
        .forGroups(
            "sum_by_character",
            gradients.input().rows(),
            gradients.input().columns(),
            gradients.input().columns(),
            gates.stride(),
            positions.starts(),
            positions.order(),
            gates.address(),
            gradients.input().address());
  }
}
