package trainer.cell;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Gated recurrent unit (Cho et al., 2014) in the reset-after variant of cuDNN, with a recurrent
 * bias c.
 *
 * <pre>
 * r[t] = sigmoid(x[t] Wr + h[t-1] Rr + br)                   reset gate
 * z[t] = sigmoid(x[t] Wz + h[t-1] Rz + bz)                   update gate
 * n[t] = tanh   (x[t] Wn + bn + r[t] ∘ (h[t-1] Rn + cn))     candidate
 * h[t] = (1 - z[t]) ∘ n[t] + z[t] ∘ h[t-1]
 * </pre>
 */
final class GruCell implements RecurrentCell {
  private final Gate reset;
  private final Gate update;
  private final Gate candidate;
  private final List<Gate> gates;
  private final INDArray recurrentBias; // cn: [1, H]
  private final INDArray recurrentBiasGradient; // [1, H], or null

  private final Memory hidden;
  private final Sequence recurrence; // h[t-1] Rn + cn
  private final Sequence recurrenceDelta; // gradient by it, or null
  private final INDArray hiddenGradient; // [B, H]
  private final INDArray scratch; // [B, H]

  GruCell(LayerParameters weights, LayerParameters gradients, CellShape shape) {
    reset = new Gate(weights, gradients, 0, shape);
    update = new Gate(weights, gradients, 1, shape);
    candidate = new Gate(weights, gradients, 2, shape);
    gates = List.of(reset, update, candidate);
    recurrentBias = weights.recurrentBias();
    recurrentBiasGradient = gradients == null ? null : gradients.recurrentBias();
    hidden = new Memory(shape);
    recurrence = shape.sequence();
    recurrenceDelta = gradients == null ? null : shape.sequence();
    hiddenGradient = Nd4j.zeros(shape.type(), shape.lanes(), shape.size());
    scratch = hiddenGradient.dup();
  }

  @Override
  public Sequence forward(LayerInput x, CellState state) {
    hidden.start(state.hidden());
    gates.forEach(gate -> gate.readInput(x));
    for (int t = 0; t < hidden.current.length(); t++) {
      INDArray r = reset.value.at()[t];
      INDArray z = update.value.at()[t];
      INDArray n = candidate.value.at()[t];
      INDArray before = hidden.previous.at()[t];
      INDArray h = hidden.current.at()[t];

      reset.addRecurrence(before, t);
      Activations.sigmoid(r);
      update.addRecurrence(before, t);
      Activations.sigmoid(z);
      candidate.recurrence(before, recurrence.at()[t]);
      RowOps.addRow(recurrence.at()[t], recurrentBias);
      n.addi(r.muli(recurrence.at()[t], scratch));
      Activations.tanh(n, n);
      before.subi(n, scratch);
      z.muli(scratch, h).addi(n);
    }
    hidden.end(state.hidden());
    return hidden.current;
  }

  @Override
  public void backward(LayerInput x, Sequence outputGradient, INDArray inputGradient) {
    slopes();
    hiddenGradient.assign(0);
    for (int t = hidden.current.length() - 1; t >= 0; t--) {
      INDArray dr = reset.delta.at()[t];
      INDArray dz = update.delta.at()[t];
      INDArray dn = candidate.delta.at()[t];
      INDArray drecurrence = recurrenceDelta.at()[t];

      hiddenGradient.addi(outputGradient.at()[t]);
      dz.muli(hiddenGradient);
      dn.muli(hiddenGradient);
      dr.muli(dn);
      drecurrence.muli(dn);
      hiddenGradient.muli(update.value.at()[t]);
      reset.addHiddenGradient(dr, hiddenGradient);
      update.addHiddenGradient(dz, hiddenGradient);
      candidate.addHiddenGradient(drecurrence, hiddenGradient);
    }
    reset.weightGradients(x, hidden.previous.all(), reset.delta);
    update.weightGradients(x, hidden.previous.all(), update.delta);
    candidate.weightGradients(x, hidden.previous.all(), recurrenceDelta);
    recurrentBiasGradient.assign(RowOps.sumOverRows(recurrenceDelta.all()));
    if (inputGradient != null) {
      inputGradient.assign(0);
      gates.forEach(gate -> gate.addInputGradient(inputGradient));
    }
  }

  /**
   * Derivatives that depend on the forward pass only, for all steps at once: the deltas of update
   * gate and candidate hold derivatives by h[t], those of reset gate and recurrence derivatives by
   * the candidate's pre-activation.
   */
  private void slopes() {
    INDArray keep = update.value.all().rsub(1); // 1 - z
    INDArray difference = hidden.previous.all().sub(candidate.value.all()); // h[t-1] - n
    Activations.sigmoidSlope(update.value.all(), update.delta.all());
    update.delta.all().muli(difference);
    Activations.tanhSlope(candidate.value.all(), candidate.delta.all());
    candidate.delta.all().muli(keep);
    Activations.sigmoidSlope(reset.value.all(), reset.delta.all());
    reset.delta.all().muli(recurrence.all());
    recurrenceDelta.all().assign(reset.value.all());
  }
}
