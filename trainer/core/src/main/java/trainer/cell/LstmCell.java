package trainer.cell;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Long short-term memory with forget gate (Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and
 * Cummins, 2000), and the variant of Graves (2013) whose gates read the long-term memory through
 * peepholes p.
 *
 * <pre>
 * i[t] = sigmoid(x[t] Wi + h[t-1] Ri + pi ∘ c[t-1] + bi)    input gate
 * f[t] = sigmoid(x[t] Wf + h[t-1] Rf + pf ∘ c[t-1] + bf)    forget gate
 * g[t] = tanh   (x[t] Wg + h[t-1] Rg + bg)                  candidate
 * c[t] = f[t] ∘ c[t-1] + i[t] ∘ g[t]                        long-term memory
 * o[t] = sigmoid(x[t] Wo + h[t-1] Ro + po ∘ c[t] + bo)      output gate
 * h[t] = o[t] ∘ tanh(c[t])                                  hidden state
 * </pre>
 */
final class LstmCell implements RecurrentCell {
  // In Deeplearning4j's order: gates, then peepholes.
  private final Gate candidate;
  private final Gate forget;
  private final Gate output;
  private final Gate input;
  private final List<Gate> gates;
  private final Peephole forgetPeephole;
  private final Peephole outputPeephole;
  private final Peephole inputPeephole;

  private final Memory hidden;
  private final Memory cell;
  private final Sequence tanhCell; // tanh(c), then gradient of c by h
  private final INDArray hiddenGradient; // [B, H]
  private final INDArray cellGradient; // [B, H]
  private final INDArray scratch; // [B, H]

  LstmCell(LayerParameters weights, LayerParameters gradients, CellShape shape, boolean peepholes) {
    candidate = new Gate(weights, gradients, 0, shape);
    forget = new Gate(weights, gradients, 1, shape);
    output = new Gate(weights, gradients, 2, shape);
    input = new Gate(weights, gradients, 3, shape);
    gates = List.of(candidate, forget, output, input);
    forgetPeephole = peepholes ? new Peephole(weights, gradients, 0, shape) : null;
    outputPeephole = peepholes ? new Peephole(weights, gradients, 1, shape) : null;
    inputPeephole = peepholes ? new Peephole(weights, gradients, 2, shape) : null;
    hidden = new Memory(shape);
    cell = new Memory(shape);
    tanhCell = shape.sequence();
    hiddenGradient = Nd4j.zeros(shape.type(), shape.lanes(), shape.size());
    cellGradient = hiddenGradient.dup();
    scratch = hiddenGradient.dup();
  }

  @Override
  public Sequence forward(LayerInput x, CellState state) {
    hidden.start(state.hidden());
    cell.start(state.cell());
    gates.forEach(gate -> gate.readInput(x));
    for (int t = 0; t < hidden.current.length(); t++) {
      INDArray i = input.value.at()[t];
      INDArray f = forget.value.at()[t];
      INDArray g = candidate.value.at()[t];
      INDArray o = output.value.at()[t];
      INDArray before = cell.previous.at()[t];
      INDArray c = cell.current.at()[t];
      INDArray h = hidden.current.at()[t];

      for (Gate gate : gates) {
        gate.addRecurrence(hidden.previous.at()[t], t);
      }
      if (inputPeephole != null) {
        inputPeephole.add(before, i);
        forgetPeephole.add(before, f);
      }
      Activations.sigmoid(i);
      Activations.sigmoid(f);
      Activations.tanh(g, g);
      i.muli(g, c).addi(f.muli(before, scratch));
      if (outputPeephole != null) {
        outputPeephole.add(c, o);
      }
      Activations.sigmoid(o);
      Activations.tanh(c, tanhCell.at()[t]);
      o.muli(tanhCell.at()[t], h);
    }
    hidden.end(state.hidden());
    cell.end(state.cell());
    return hidden.current;
  }

  @Override
  public void backward(LayerInput x, Sequence outputGradient, INDArray inputGradient) {
    slopes();
    hiddenGradient.assign(0);
    cellGradient.assign(0);
    for (int t = hidden.current.length() - 1; t >= 0; t--) {
      INDArray di = input.delta.at()[t];
      INDArray df = forget.delta.at()[t];
      INDArray dg = candidate.delta.at()[t];
      INDArray dout = output.delta.at()[t];

      hiddenGradient.addi(outputGradient.at()[t]);
      dout.muli(hiddenGradient);
      cellGradient.addi(tanhCell.at()[t].muli(hiddenGradient));
      if (outputPeephole != null) {
        outputPeephole.addGradient(dout, cellGradient);
      }
      di.muli(cellGradient);
      df.muli(cellGradient);
      dg.muli(cellGradient);
      cellGradient.muli(forget.value.at()[t]);
      if (inputPeephole != null) {
        inputPeephole.addGradient(di, cellGradient);
        forgetPeephole.addGradient(df, cellGradient);
      }
      hiddenGradient.assign(0);
      for (Gate gate : gates) {
        gate.addHiddenGradient(gate.delta.at()[t], hiddenGradient);
      }
    }
    weightGradients(x, inputGradient);
  }

  /**
   * Derivatives that depend on the forward pass only, for all steps at once: each gate's delta
   * holds the derivative by c[t] (output gate: by h[t]), {@link #tanhCell} that of h[t] by c[t].
   */
  private void slopes() {
    Activations.sigmoidSlope(input.value.all(), input.delta.all());
    input.delta.all().muli(candidate.value.all());
    Activations.sigmoidSlope(forget.value.all(), forget.delta.all());
    forget.delta.all().muli(cell.previous.all());
    Activations.tanhSlope(candidate.value.all(), candidate.delta.all());
    candidate.delta.all().muli(input.value.all());
    Activations.sigmoidSlope(output.value.all(), output.delta.all());
    output.delta.all().muli(tanhCell.all());
    Activations.tanhSlope(tanhCell.all(), tanhCell.all());
    tanhCell.all().muli(output.value.all());
  }

  private void weightGradients(LayerInput x, INDArray inputGradient) {
    for (Gate gate : gates) {
      gate.weightGradients(x, hidden.previous.all(), gate.delta);
    }
    if (inputPeephole != null) {
      inputPeephole.weightGradient(input.delta, cell.previous);
      forgetPeephole.weightGradient(forget.delta, cell.previous);
      outputPeephole.weightGradient(output.delta, cell.current);
    }
    if (inputGradient != null) {
      inputGradient.assign(0);
      gates.forEach(gate -> gate.addInputGradient(inputGradient));
    }
  }

  /** Weights from the long-term memory to a gate, one per unit. */
  private static final class Peephole {
    private final INDArray weights; // [1, H]
    private final INDArray gradient; // [1, H], or null

    Peephole(LayerParameters weights, LayerParameters gradients, int index, CellShape shape) {
      this.weights = column(weights, index, shape.size());
      this.gradient = gradients == null ? null : column(gradients, index, shape.size());
    }

    private static INDArray column(LayerParameters parameters, int index, int size) {
      long first = 4L * size + index;
      return Views.columns(parameters.recurrentWeights(), first, first + 1).reshape(1, size);
    }

    /** gate += p ∘ c */
    void add(INDArray c, INDArray gate) {
      gate.addi(RowOps.timesRow(c, weights));
    }

    /** gradient of c += p ∘ delta */
    void addGradient(INDArray delta, INDArray cellGradient) {
      cellGradient.addi(RowOps.timesRow(delta, weights));
    }

    /** gradient of p = the sum of delta ∘ c over steps and lanes */
    void weightGradient(Sequence delta, Sequence c) {
      gradient.assign(RowOps.sumOverRows(delta.all().mul(c.all())));
    }
  }
}
