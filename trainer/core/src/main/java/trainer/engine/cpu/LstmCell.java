package trainer.engine.cpu;

/**
 * Long short-term memory. h' and c' are the previous states:
 *
 * <pre>
 * i, f, o = sigmoid(x W + h' R + b)      a = tanh(x Wa + h' Ra + ba)
 * c = f∘c' + i∘a                         h = o∘tanh(c)
 * </pre>
 *
 * <p>Gates in the order i, f, o, a. Backward, with dh and dc the gradients of the new states:
 *
 * <pre>
 * do = dh∘tanh(c)∘o∘(1 - o)              dc = dc + dh∘o∘(1 - tanh(c)²)
 * di = dc∘a∘i∘(1 - i)                    da = dc∘i∘(1 - a²)
 * df = dc∘c'∘f∘(1 - f)                   dc' = dc∘f
 * </pre>
 */
final class LstmCell implements Cell {
  private static final int I = 0;
  private static final int F = 1;
  private static final int O = 2;
  private static final int A = 3;

  private final float[][][] gates; // [step][gate][lanes·units]
  private final float[][] cell; // [step + 1][lanes·units], the first is carried in
  private final float[] tanhCell; // of one step: cheaper to compute again than to keep
  private final float[] hidden;

  LstmCell(int steps, int elements) {
    gates = new float[steps][4][elements];
    cell = new float[steps + 1][elements];
    tanhCell = new float[elements];
    hidden = new float[elements];
  }

  @Override
  public float[][] gates(int step) {
    return gates[step];
  }

  @Override
  public float[] hidden(int step) {
    return hidden;
  }

  @Override
  public void forward(int step, int from, int to) {
    float[][] z = gates[step];
    float[] c = cell[step + 1];
    ElementwiseOps.sigmoid(z[I], from, to);
    ElementwiseOps.sigmoid(z[F], from, to);
    ElementwiseOps.sigmoid(z[O], from, to);
    ElementwiseOps.tanh(z[A], from, to);
    ElementwiseOps.sumOfProducts(z[F], cell[step], z[I], z[A], c, from, to);
    ElementwiseOps.tanhOf(c, tanhCell, from, to);
    ElementwiseOps.product(z[O], tanhCell, hidden, from, to);
  }

  @Override
  public void backward(int step, GateGradients d, int from, int to) {
    float[][] z = gates[step];
    ElementwiseOps.tanhOf(cell[step + 1], tanhCell, from, to);
    ElementwiseOps.sigmoidGradient(d.hidden, tanhCell, z[O], d.gates[O], from, to);
    ElementwiseOps.addTanhGradient(d.hidden, z[O], tanhCell, d.cell, from, to);
    ElementwiseOps.sigmoidGradient(d.cell, z[A], z[I], d.gates[I], from, to);
    ElementwiseOps.tanhGradient(d.cell, z[I], z[A], d.gates[A], from, to);
    ElementwiseOps.sigmoidGradient(d.cell, cell[step], z[F], d.gates[F], from, to);
    ElementwiseOps.multiplyFaded(d.cell, z[F], from, to);
  }

  @Override
  public float[] carriedCell() {
    return cell[0];
  }

  @Override
  public void carry(int steps) {
    float[] last = cell[steps];
    cell[steps] = cell[0];
    cell[0] = last;
  }
}
