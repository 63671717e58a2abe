package trainer.engine.cuda;

import java.util.List;
import trainer.cuda.Kernels;

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
  private final long dHidden;
  private final long hiddenCopy;
  private final long gatesCopy; // of their gradients

  StepOnGpu(EmulatedKernels gpu, PlainStep step) {
    this.gpu = gpu;
    this.step = step;
    elements = step.lanes * step.units;
    gates = gpu.of(step.inputs());
    hiddenBefore = gpu.of(step.hiddenBefore);
    hidden = gpu.room(elements);
    cellBefore = gpu.of(step.cellBefore);
    cell = gpu.room(elements);
    peepholes = step.shape.peepholes().isEmpty() ? 0 : gpu.of(step.peepholes);
    dCell = gpu.of(step.dCell);
    float[] beforeAndNow = new float[2 * elements]; // gradients of h' and h
    System.arraycopy(step.dHidden, 0, beforeAndNow, elements, elements);
    dHiddenBefore = gpu.of(beforeAndNow);
    dHidden = dHiddenBefore + (long) elements * Float.BYTES;
    hiddenCopy = gpu.room(elements);
    gatesCopy = gpu.room(elements * step.shape.sums());
  }

  /**
   * @param firstLayer whether the kernel looks up x W
   */
  void forward(boolean firstLayer) {
    Kernels kernels = gpu.kernels();
    int lanes = step.lanes;
    int units = step.units;
    long characters = firstLayer ? gpu.of(step.characters) : 0;
    long table = gpu.of(step.table);
    long recurrent = gpu.of(step.recurrent);
    long biases = gpu.of(step.biases);
    String kernel =
        switch (step.type) {
          case LSTM, GRAVES_LSTM -> "lstm_forward";
          case GRU -> "gru_forward";
          case SIMPLE_RNN -> "simple_rnn_forward";
        };
    List<?> arrays =
        switch (step.type) {
          case LSTM, GRAVES_LSTM ->
              List.of(
                  lanes,
                  units,
                  characters,
                  table,
                  biases,
                  peepholes,
                  cellBefore,
                  gates,
                  cell,
                  hidden);
          case GRU -> List.of(lanes, units, characters, table, biases, hiddenBefore, gates, hidden);
          case SIMPLE_RNN -> List.of(lanes, units, characters, table, biases, gates, hidden);
        };
    kernels.forElements(kernel, elements, recurrent, hiddenCopy, arrays);
  }

  void backward(boolean last) {
    Kernels kernels = gpu.kernels();
    int lanes = step.lanes;
    int units = step.units;
    switch (step.type) {
      case LSTM, GRAVES_LSTM ->
          kernels.forElements(
              "lstm_backward",
              elements,
              gatesCopy,
              List.of(
                  lanes, units, last ? 1 : 0, peepholes, dHidden, cellBefore, cell, dCell, gates));
      case GRU ->
          kernels.forElements(
              "gru_backward",
              elements,
              gatesCopy,
              List.of(lanes, units, 1, hiddenBefore, dHidden, gates));
      case SIMPLE_RNN ->
          kernels.forElements(
              "simple_rnn_backward",
              elements,
              gatesCopy,
              List.of(lanes, units, dHidden, hidden, gates));
    }
  }

  float[] gates() {
    return gpu.floats(gates, elements * step.shape.sums());
  }

  float[] hidden() {
    return gpu.floats(hidden, elements);
  }

  /** Checks the copy of h. */
  void assertHiddenCopied() {
    gpu.assertCopied("h", hidden(), hiddenCopy);
  }

  /** Checks the copy of the gradients of the gates. */
  void assertGatesCopied() {
    gpu.assertCopied("gradients of the gates", gates(), gatesCopy);
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
