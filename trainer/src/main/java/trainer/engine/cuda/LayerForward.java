package trainer.engine.cuda;

import trainer.config.Layer;

/** A recurrent layer's forward pass over a segment. */
final class LayerForward {
  private final Device device;
  private final Layer layer;
  private final CellShape cell;
  private final Weights.OfLayer weights;
  private final LayerActivations activations;
  private final Matrix recurrent;
  private final int lanes;

  /**
   * @param recurrent scratch for h R of a step, [lanes, gates from the recurrence · H]
   */
  LayerForward(
      Device device,
      Layer layer,
      Weights.OfLayer weights,
      LayerActivations activations,
      Matrix recurrent) {
    this.device = device;
    this.layer = layer;
    this.weights = weights;
    this.activations = activations;
    this.recurrent = recurrent;
    cell = CellShape.of(layer.type());
    lanes = recurrent.rows();
  }

  Layer layer() {
    return layer;
  }

  CellShape cell() {
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

  /** The first layer reads characters: [steps, lanes] at an address. */
  void readCharacters(long characters, int steps) {
    for (int t = 0; t < steps; t++) {
      step(t, characters + (long) t * lanes * Integer.BYTES);
    }
  }

  /** A layer above reads the outputs of the one below. */
  void read(Matrix below, int steps) {
    int rows = steps * lanes;
    device
        .products()
        .multiply(
            below.rows(0, rows),
            weights.input(),
            activations.gates().rows(0, rows).columns(0, weights.input().columns()));
    for (int t = 0; t < steps; t++) {
      step(t, 0);
    }
  }

  private void step(int t, long characters) {
    int row = t * lanes;
    device
        .products()
        .multiply(activations.states().rows(row, lanes), weights.recurrent(), recurrent);
    int units = layer.size();
    int elements = lanes * units;
    long table = weights.input().address();
    long gates = activations.gates().row(row);
    long before = activations.states().row(row);
    long hidden = activations.states().row(row + lanes);
    switch (layer.type()) {
      case LSTM, GRAVES_LSTM ->
          device
              .kernels()
              .forElements(
                  "lstm_forward",
                  elements,
                  lanes,
                  units,
                  characters,
                  table,
                  recurrent.address(),
                  weights.biases(),
                  weights.peepholes(),
                  activations.cells().row(row),
                  gates,
                  activations.cells().row(row + lanes),
                  hidden);
      case GRU ->
          device
              .kernels()
              .forElements(
                  "gru_forward",
                  elements,
                  lanes,
                  units,
                  characters,
                  table,
                  recurrent.address(),
                  weights.biases(),
                  before,
                  gates,
                  hidden);
      case SIMPLE_RNN ->
          device
              .kernels()
              .forElements(
                  "simple_rnn_forward",
                  elements,
                  lanes,
                  units,
                  characters,
                  table,
                  recurrent.address(),
                  weights.biases(),
                  gates,
                  hidden);
    }
  }

  /** Makes the state after so many steps the one that the next segment starts from. */
  void carry(int steps) {
    carry(activations.states(), steps);
    if (activations.cells() != null) {
      carry(activations.cells(), steps);
    }
  }

  private void carry(Matrix states, int steps) {
    long bytes = (long) lanes * states.stride() * Float.BYTES;
    device.gpu().copy(states.address(), states.row(steps * lanes), bytes);
  }
}
