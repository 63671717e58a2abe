package trainer.engine.cuda;

import java.util.List;
import java.util.Optional;
import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.engine.cuda.PersistentPlan.Direction;

/** A recurrent layer's forward pass over a segment. */
final class LayerForward {
  private final Device device;
  private final Layer layer;
  private final CellLayout cell;
  private final Weights.OfLayer weights;
  private final LayerActivations activations;
  private final Matrix recurrent;
  private final int lanes;
  private final Optional<PersistentKernel> persistent;

  /**
   * @param recurrent scratch for h R of a step, [lanes, sums from the recurrence · H]
   * @param atOnce whether all steps of a segment may run at once
   */
  LayerForward(
      Device device,
      DeviceMemory memory,
      Layer layer,
      Weights.OfLayer weights,
      LayerActivations activations,
      Matrix recurrent,
      boolean atOnce) {
    this.device = device;
    this.layer = layer;
    this.weights = weights;
    this.activations = activations;
    this.recurrent = recurrent;
    cell = CellLayout.of(layer.type());
    lanes = recurrent.rows();
    persistent =
        atOnce
            ? PersistentKernel.of(
                device, memory, layer, lanes, weights.recurrent(), Direction.FORWARD)
            : Optional.empty();
  }

  Layer layer() {
    return layer;
  }

  CellLayout cell() {
    return cell;
  }

  Weights.OfLayer weights() {
    return weights;
  }

  LayerActivations activations() {
    return activations;
  }

  int lanes() {
    return lanes;
  }

  /** Whether all steps of a segment run at once. */
  boolean isPersistent() {
    return persistent.isPresent();
  }

  /** Runs steps [from, to) of the first layer on characters: [steps, lanes] at an address. */
  void readCharacters(long characters, int from, int to) {
    run(characters, from, to);
  }

  /** Runs steps [from, to) of an upper layer on the outputs of the layer below. */
  void read(Matrix below, int from, int to) {
    int first = from * lanes;
    int rows = (to - from) * lanes;
    device
        .products()
        .multiply(
            below.rows(first, rows),
            weights.input(),
            activations.gates().rows(first, rows).columns(0, weights.input().columns()));
    run(0, from, to);
  }

  /** A single step does not use the persistent kernel, which would load the weights for one use. */
  private void run(long characters, int from, int to) {
    if (persistent.isPresent() && to > 1) {
      persistent.get().forward(to, activations.states(), arrays(0, characters));
      return;
    }
    for (int t = from; t < to; t++) {
      long ofStep = characters == 0 ? 0 : characters + (long) t * lanes * Integer.BYTES;
      step(t, arrays(t, ofStep));
    }
  }

  private void step(int t, List<?> arrays) {
    device
        .products()
        .multiply(activations.states().rows(t * lanes, lanes), weights.recurrent(), recurrent);
    device
        .kernels()
        .forElements(
            CellKernels.of(layer.type()).forward(),
            lanes * layer.size(),
            recurrent.address(),
            activations.states().copyOfRow((t + 1) * lanes),
            arrays);
  }

  /** The kernels' argument for a step: struct LstmForward etc. */
  private List<?> arrays(int t, long characters) {
    int row = t * lanes;
    int units = layer.size();
    long table = weights.input().address();
    long gates = activations.gates().row(row);
    long hidden = activations.states().row(row + lanes);
    return switch (layer.type()) {
      case LSTM, GRAVES_LSTM ->
          List.of(
              lanes,
              units,
              characters,
              table,
              weights.biases(),
              weights.peepholes(),
              activations.cells().row(row),
              gates,
              activations.cells().row(row + lanes),
              hidden);
      case GRU ->
          List.of(
              lanes,
              units,
              characters,
              table,
              weights.biases(),
              activations.states().row(row),
              gates,
              hidden);
      case SIMPLE_RNN -> List.of(lanes, units, characters, table, weights.biases(), gates, hidden);
    };
  }

  /** Copies the state after {@code steps} to where the next segment starts. */
  void carry(int steps) {
    carry(activations.states(), steps);
    if (activations.cells() != null) {
      carry(activations.cells(), steps);
    }
  }

  private void carry(Matrix states, int steps) {
    long numbers = (long) lanes * states.stride();
    int last = steps * lanes;
    device.gpu().copy(states.address(), states.row(last), numbers * Float.BYTES);
    if (states.copy() != 0) {
      device.gpu().copy(states.copy(), states.copyOfRow(last), numbers * Short.BYTES);
    }
  }
}
