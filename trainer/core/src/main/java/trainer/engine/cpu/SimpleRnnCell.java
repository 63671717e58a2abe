package trainer.engine.cpu;

/**
 * h = tanh(x W + h' R + b), with h' the previous state.
 *
 * <p>Its only gate is h itself. Backward: dz = dh∘(1 - h²).
 */
final class SimpleRnnCell implements Cell {
  private final float[][][] hidden; // [step][1][lanes·units]

  SimpleRnnCell(int steps, int elements) {
    hidden = new float[steps][1][elements];
  }

  @Override
  public float[][] gates(int step) {
    return hidden[step];
  }

  @Override
  public float[] hidden(int step) {
    return hidden[step][0];
  }

  @Override
  public void forward(int step, int from, int to) {
    ElementwiseOps.tanh(hidden[step][0], from, to);
  }

  @Override
  public void backward(int step, GateGradients d, int from, int to) {
    ElementwiseOps.tanhGradient(d.hidden, hidden[step][0], d.gates[0], from, to);
  }
}
