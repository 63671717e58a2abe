package trainer.insight;

import java.util.Arrays;
import trainer.insight.Memories.LayerMemory;

/**
 * One layer over T steps of B lanes in float64, forward and backward in time. The equations are
 * those of {@link trainer.cell}; here every gate and every state is kept, and the gradient by the
 * state at each step can be read. Row {@code t · B + lane} of an array belongs to step t.
 */
final class LayerPass {
  private static final int CANDIDATE = 0; // gates of an LSTM in the order of its layout
  private static final int FORGET = 1;
  private static final int OUTPUT = 2;
  private static final int INPUT = 3;
  private static final int RESET = 0; // gates of a GRU
  private static final int UPDATE = 1;
  private static final int NEW = 2;

  private final LayerWeights weights;
  private final int lanes;
  private final int size;

  /** Values of the gates, [T·B][G·H]. */
  final double[][] gates;

  /** h before the first step and after each, [(T+1)·B][H]. */
  final double[][] hidden;

  /** c likewise; null without a long-term memory. */
  final double[][] cell;

  /** |p ∘ c| of the peepholes, summed over steps and lanes, [3][H]. */
  final double[][] peepholeInput;

  /** |x W + b| + |h R| of the same gates, likewise. */
  final double[][] otherInput;

  /** h R, with a GRU candidate's own bias, [T·B][G·H]. */
  final double[][] recurrence;

  private final double[][] delta; // gradient by the sums of the gates at one step, [B][G·H]
  private final double[][] recurrentDelta; // by h R, [B][G·H]; that of a GRU's candidate differs

  /** Gradient by the h that a step starts from, [B][H]. */
  final double[][] hiddenGradient;

  /** Likewise by c; null without a long-term memory. */
  final double[][] cellGradient;

  /** Gradient by the input of the step, [B][in]; null in the first layer. */
  final double[][] inputGradient;

  LayerPass(LayerWeights weights, int steps, int lanes, boolean first) {
    this.weights = weights;
    this.lanes = lanes;
    size = weights.size();
    int columns = weights.columns();
    gates = new double[steps * lanes][columns];
    recurrence = new double[steps * lanes][columns];
    hidden = new double[(steps + 1) * lanes][size];
    cell = weights.layout().hasMemory() ? new double[(steps + 1) * lanes][size] : null;
    peepholeInput = new double[weights.peepholes().length][size];
    otherInput = new double[weights.peepholes().length][size];
    delta = new double[lanes][columns];
    recurrentDelta = new double[lanes][columns];
    hiddenGradient = new double[lanes][size];
    cellGradient = cell == null ? null : new double[lanes][size];
    inputGradient = first ? null : new double[lanes][weights.inputs()];
  }

  /** Computes x W + b of characters; characters: [steps · B]. */
  void readCharacters(int... characters) {
    for (int row = 0; row < characters.length; row++) {
      double[] input = weights.input()[characters[row]];
      for (int j = 0; j < input.length; j++) {
        gates[row][j] = weights.bias()[j] + input[j];
      }
    }
  }

  /** Computes x W + b of the layer below, at all steps at once. */
  void readLayer(LayerPass below, int steps) {
    int rows = steps * lanes;
    for (int row = 0; row < rows; row++) {
      System.arraycopy(weights.bias(), 0, gates[row], 0, gates[row].length);
    }
    NetworkWeights.addProduct(below.hidden, lanes, weights.input(), gates, 0, rows);
  }

  /** Computes the states of the steps from that before them. */
  void forward(int steps) {
    for (int t = 0; t < steps; t++) {
      int first = t * lanes;
      for (int row = first; row < first + lanes; row++) {
        Arrays.fill(recurrence[row], 0);
      }
      NetworkWeights.addProduct(hidden, first, weights.recurrent(), recurrence, first, lanes);
      for (int row = first; row < first + lanes; row++) {
        switch (weights.type()) {
          case SIMPLE_RNN -> simple(row);
          case LSTM, GRAVES_LSTM -> lstm(row);
          case GRU -> gru(row);
        }
      }
    }
  }

  private void simple(int row) {
    double[] gate = gates[row];
    for (int u = 0; u < size; u++) {
      gate[u] = tanh(gate[u] + recurrence[row][u]);
      hidden[row + lanes][u] = gate[u];
    }
  }

  private void lstm(int row) {
    double[] gate = gates[row];
    for (int u = 0; u < size; u++) {
      double before = cell[row][u];
      double g = tanh(gate[u] + recurrence[row][u]);
      double f = sigmoid(sum(row, FORGET, u) + seen(0, FORGET, row, before, u));
      double i = sigmoid(sum(row, INPUT, u) + seen(2, INPUT, row, before, u));
      double c = f * before + i * g;
      double o = sigmoid(sum(row, OUTPUT, u) + seen(1, OUTPUT, row, c, u));
      cell[row + lanes][u] = c;
      hidden[row + lanes][u] = o * tanh(c);
      gate[CANDIDATE * size + u] = g;
      gate[FORGET * size + u] = f;
      gate[OUTPUT * size + u] = o;
      gate[INPUT * size + u] = i;
    }
  }

  private void gru(int row) {
    double[] gate = gates[row];
    for (int u = 0; u < size; u++) {
      recurrence[row][NEW * size + u] += weights.recurrentBias()[u];
      double r = sigmoid(sum(row, RESET, u));
      double z = sigmoid(sum(row, UPDATE, u));
      double n = tanh(gate[NEW * size + u] + r * recurrence[row][NEW * size + u]);
      hidden[row + lanes][u] = (1 - z) * n + z * hidden[row][u];
      gate[RESET * size + u] = r;
      gate[UPDATE * size + u] = z;
      gate[NEW * size + u] = n;
    }
  }

  private double sum(int row, int gate, int unit) {
    return gates[row][gate * size + unit] + recurrence[row][gate * size + unit];
  }

  /** What a gate sees of the memory through its peephole; 0 without one. */
  private double seen(int peephole, int gate, int row, double memory, int unit) {
    if (weights.peepholes().length == 0) {
      return 0;
    }
    double seen = weights.peepholes()[peephole][unit] * memory;
    peepholeInput[peephole][unit] += Math.abs(seen);
    otherInput[peephole][unit] +=
        Math.abs(gates[row][gate * size + unit]) + Math.abs(recurrence[row][gate * size + unit]);
    return seen;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** To 2⁻⁵², in less than half the time of {@link Math#tanh}. */
  private static double tanh(double x) {
    return 1 - 2 / (1 + Math.exp(2 * x));
  }

  /**
   * Fills a lane from what is kept of a text, in place of {@link #forward}.
   *
   * @param first the character that the first step reads
   */
  void load(LayerMemory memory, int lane, int first, int steps) {
    for (int t = 0; t <= steps; t++) {
      int from = (first + t - 1) * size;
      read(memory.hidden(), from, hidden[t * lanes + lane], 0);
      if (cell != null) {
        read(memory.cell(), from, cell[t * lanes + lane], 0);
      }
    }
    for (int t = 0; t < steps; t++) {
      int row = t * lanes + lane;
      int from = (first + t) * size;
      if (memory.candidate() == null) {
        read(memory.hidden(), from, gates[row], 0);
        continue;
      }
      for (int g = 0; g < memory.gates().size(); g++) {
        int block = Memories.block(memory.type(), memory.gateNames().get(g));
        read(memory.gates().get(g), from, gates[row], block * size);
      }
      int block = Memories.candidateBlock(memory.type());
      read(memory.candidate(), from, gates[row], block * size);
      if (memory.candidateRecurrence() != null) {
        read(memory.candidateRecurrence(), from, recurrence[row], block * size);
      }
    }
  }

  private void read(float[] values, int from, double[] into, int to) {
    for (int u = 0; u < size; u++) {
      into[to + u] = values[from + u];
    }
  }

  /** Sets the gradient by the state after the last step to zero. */
  void startBackward() {
    clear(hiddenGradient);
    if (cellGradient != null) {
      clear(cellGradient);
    }
  }

  private static void clear(double[]... rows) {
    for (double[] row : rows) {
      Arrays.fill(row, 0);
    }
  }

  /**
   * Goes back over one step: from the gradient by the state that the step has carried on to the
   * gradient by the one that it started from.
   *
   * @param outputGradient gradient by h[t] of the layer above at this step, [B][H]; null: none
   */
  void backward(int t, double[]... outputGradient) {
    for (int lane = 0; lane < lanes; lane++) {
      if (outputGradient != null) {
        for (int u = 0; u < size; u++) {
          hiddenGradient[lane][u] += outputGradient[lane][u];
        }
      }
      int row = t * lanes + lane;
      switch (weights.type()) {
        case SIMPLE_RNN -> simpleGradient(lane, row);
        case LSTM, GRAVES_LSTM -> lstmGradient(lane, row);
        case GRU -> gruGradient(lane, row);
      }
    }
    NetworkWeights.addProduct(
        recurrentDelta, 0, weights.recurrentTransposed(), hiddenGradient, 0, lanes);
    if (inputGradient != null) {
      clear(inputGradient);
      NetworkWeights.addProduct(delta, 0, weights.inputTransposed(), inputGradient, 0, lanes);
    }
  }

  private void simpleGradient(int lane, int row) {
    for (int u = 0; u < size; u++) {
      double h = gates[row][u];
      setDelta(lane, u, hiddenGradient[lane][u] * (1 - h * h));
      hiddenGradient[lane][u] = 0;
    }
  }

  private void lstmGradient(int lane, int row) {
    double[] gate = gates[row];
    boolean sees = weights.peepholes().length > 0;
    for (int u = 0; u < size; u++) {
      double g = gate[CANDIDATE * size + u];
      double f = gate[FORGET * size + u];
      double o = gate[OUTPUT * size + u];
      double i = gate[INPUT * size + u];
      double tanh = tanh(cell[row + lanes][u]);
      double dh = hiddenGradient[lane][u];
      double dOutput = dh * tanh * o * (1 - o);
      double dc =
          cellGradient[lane][u]
              + dh * o * (1 - tanh * tanh)
              + (sees ? dOutput * weights.peepholes()[1][u] : 0);
      double dForget = dc * cell[row][u] * f * (1 - f);
      double dInput = dc * g * i * (1 - i);
      setDelta(lane, CANDIDATE * size + u, dc * i * (1 - g * g));
      setDelta(lane, FORGET * size + u, dForget);
      setDelta(lane, OUTPUT * size + u, dOutput);
      setDelta(lane, INPUT * size + u, dInput);
      cellGradient[lane][u] =
          dc * f
              + (sees
                  ? dForget * weights.peepholes()[0][u] + dInput * weights.peepholes()[2][u]
                  : 0);
      hiddenGradient[lane][u] = 0;
    }
  }

  private void gruGradient(int lane, int row) {
    double[] gate = gates[row];
    for (int u = 0; u < size; u++) {
      double r = gate[RESET * size + u];
      double z = gate[UPDATE * size + u];
      double n = gate[NEW * size + u];
      double dh = hiddenGradient[lane][u];
      double dNew = dh * (1 - z) * (1 - n * n);
      setDelta(lane, RESET * size + u, dNew * recurrence[row][NEW * size + u] * r * (1 - r));
      setDelta(lane, UPDATE * size + u, dh * (hidden[row][u] - n) * z * (1 - z));
      delta[lane][NEW * size + u] = dNew;
      recurrentDelta[lane][NEW * size + u] = dNew * r;
      hiddenGradient[lane][u] = dh * z;
    }
  }

  private void setDelta(int lane, int column, double value) {
    delta[lane][column] = value;
    recurrentDelta[lane][column] = value;
  }

  /** Makes the state after {@code steps} the one before the first step. */
  void carry(int steps) {
    for (int lane = 0; lane < lanes; lane++) {
      System.arraycopy(hidden[steps * lanes + lane], 0, hidden[lane], 0, size);
      if (cell != null) {
        System.arraycopy(cell[steps * lanes + lane], 0, cell[lane], 0, size);
      }
    }
  }
}
