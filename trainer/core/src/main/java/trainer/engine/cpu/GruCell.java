package trainer.engine.cpu;

/**
 * Gated recurrent unit, reset after the product, as in cuDNN, PyTorch and Keras. h' is the previous
 * state:
 *
 * <pre>
 * r, z = sigmoid(x W + h' R + b)             q = h' Rn + cn
 * n = tanh(x Wn + bn + r∘q)                  h = n + z∘(h' - n)
 * </pre>
 *
 * <p>Gates in the order n (from the input), r, z, q (from the recurrence); cn is the bias of q.
 * Backward, with dh the gradient of the new state:
 *
 * <pre>
 * dz = dh∘(h' - n)∘z∘(1 - z)                 dn = dh∘(1 - z)∘(1 - n²)
 * dr = dn∘q∘r∘(1 - r)                        dq = dn∘r
 * dh' = dh∘z
 * </pre>
 */
final class GruCell implements Cell {
  private static final int N = 0;
  private static final int R = 1;
  private static final int Z = 2;
  private static final int Q = 3;

  private final float[] bias; // of n
  private final float[][][] gates; // [step][gate][lanes·units]
  private final float[][] hidden; // [step + 1][lanes·units], the first is carried in

  GruCell(int steps, int elements) {
    bias = new float[elements];
    gates = new float[steps][4][elements];
    hidden = new float[steps + 1][elements];
  }

  @Override
  public float[] inputBias() {
    return bias;
  }

  @Override
  public float[][] gates(int step) {
    return gates[step];
  }

  @Override
  public float[] hidden(int step) {
    return hidden[step + 1];
  }

  @Override
  public void forward(int step, int from, int to) {
    float[][] z = gates[step];
    ElementwiseOps.sigmoid(z[R], from, to);
    ElementwiseOps.sigmoid(z[Z], from, to);
    ElementwiseOps.addProduct(z[N], z[R], z[Q], from, to);
    ElementwiseOps.tanh(z[N], bias, from, to);
    ElementwiseOps.mix(z[N], z[Z], hidden[step], hidden[step + 1], from, to);
  }

  @Override
  public void backward(int step, GateGradients d, int from, int to) {
    float[][] z = gates[step];
    ElementwiseOps.mixGateGradient(d.hidden, hidden[step], z[N], z[Z], d.gates[Z], from, to);
    ElementwiseOps.mixCandidateGradient(d.hidden, z[Z], z[N], d.gates[N], from, to);
    ElementwiseOps.sigmoidGradient(d.gates[N], z[Q], z[R], d.gates[R], from, to);
    ElementwiseOps.product(d.gates[N], z[R], d.gates[Q], from, to);
    ElementwiseOps.multiply(d.hidden, z[Z], from, to);
  }

  @Override
  public boolean passesHidden() {
    return true;
  }

  @Override
  public float[] carriedHidden() {
    return hidden[0];
  }

  @Override
  public void carry(int steps) {
    float[] last = hidden[steps];
    hidden[steps] = hidden[0];
    hidden[0] = last;
  }
}
