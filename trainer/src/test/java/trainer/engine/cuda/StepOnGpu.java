package trainer.engine.cuda;

/** The same step by the kernels. */
final class StepOnGpu {
  private final EmulatedKernels gpu;
  private final PlainStep step;
  private final int elements;
  private final long gates;
  private final long hiddenBefore;
  private final long hidden;
  private final long cellBefore;
  private final long cell;
  private final long peepholes;
  private final long dCell;
  private final long dHiddenBefore;

  StepOnGpu(EmulatedKernels gpu, PlainStep step) {
    this.gpu = gpu;
    this.step = step;
    elements = step.lanes * step.units;
    gates = gpu.of(step.inputs());
    hiddenBefore = gpu.of(step.hiddenBefore);
    hidden = gpu.room(elements);
    cellBefore = gpu.of(step.cellBefore);
    cell = gpu.room(elements);
    peepholes = step.shape.peepholes() == 0 ? 0 : gpu.of(step.peepholes);
    dCell = gpu.of(step.dCell);
    dHiddenBefore = gpu.room(elements);
  }

  /**
   * @param firstLayer whether x W is looked up, not computed before
   */
  void forward(boolean firstLayer) {
    Kernels kernels = gpu.kernels();
    int lanes = step.lanes;
    int units = step.units;
    long characters = firstLayer ? gpu.of(step.characters) : 0;
    long table = gpu.of(step.table);
    long recurrent = gpu.of(step.recurrent);
    long biases = gpu.of(step.biases);
    switch (step.type) {
      case LSTM, GRAVES_LSTM ->
          kernels.forElements(
              "lstm_forward",
              elements,
              lanes,
              units,
              characters,
              table,
              recurrent,
              biases,
              peepholes,
              cellBefore,
              gates,
              cell,
              hidden);
      case GRU ->
          kernels.forElements(
              "gru_forward",
              elements,
              lanes,
              units,
              characters,
              table,
              recurrent,
              biases,
              hiddenBefore,
              gates,
              hidden);
      case SIMPLE_RNN ->
          kernels.forElements(
              "simple_rnn_forward",
              elements,
              lanes,
              units,
              characters,
              table,
              recurrent,
              biases,
              gates,
              hidden);
    }
  }

  void backward(boolean last) {
    Kernels kernels = gpu.kernels();
    int lanes = step.lanes;
    int units = step.units;
    long dHidden = gpu.of(step.dHidden);
    switch (step.type) {
      case LSTM, GRAVES_LSTM ->
          kernels.forElements(
              "lstm_backward",
              elements,
              lanes,
              units,
              last ? 1 : 0,
              peepholes,
              dHidden,
              cellBefore,
              cell,
              dCell,
              gates);
      case GRU ->
          kernels.forElements(
              "gru_backward", elements, lanes, units, dHidden, hiddenBefore, gates, dHiddenBefore);
      case SIMPLE_RNN ->
          kernels.forElements(
              "simple_rnn_backward", elements, lanes, units, dHidden, hidden, gates);
    }
  }

  float[] gates() {
    return gpu.floats(gates, elements * step.shape.gates());
  }

  float[] hidden() {
    return gpu.floats(hidden, elements);
  }

  float[] cell() {
    return gpu.floats(cell, elements);
  }

  float[] dCell() {
    return gpu.floats(dCell, elements);
  }

  float[] dHiddenBefore() {
    return gpu.floats(dHiddenBefore, elements);
  }
}
