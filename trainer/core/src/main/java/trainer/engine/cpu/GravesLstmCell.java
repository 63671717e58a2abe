package trainer.engine.cpu;

/**
 * Long short-term memory with peepholes p (Graves, 2013). h' and c' are the previous states:
 *
 * <pre>
 * i = sigmoid(x Wi + h' Ri + bi + pi∘c')     f = sigmoid(x Wf + h' Rf + bf + pf∘c')
 * a = tanh(x Wa + h' Ra + ba)                c = f∘c' + i∘a
 * o = sigmoid(x Wo + h' Ro + bo + po∘c)      h = o∘tanh(c)
 * </pre>
 *
 * <p>Gates in the order i, f, o, a, peepholes in the order i, f, o. Backward, with dh and dc the
 * gradients of the new states:
 *
 * <pre>
 * do = dh∘tanh(c)∘o∘(1 - o)                  dc = dc + dh∘o∘(1 - tanh(c)²) + po∘do
 * di = dc∘a∘i∘(1 - i)                        da = dc∘i∘(1 - a²)
 * df = dc∘c'∘f∘(1 - f)                       dc' = dc∘f + pi∘di + pf∘df
 * dpi += di∘c'                               dpf += df∘c'           dpo += do∘c
 * </pre>
 */
final class GravesLstmCell implements Cell {
  private static final int I = 0;
  private static final int F = 1;
  private static final int O = 2;
  private static final int A = 3;

  private final float[][] peepholes;
  private final float[][][] gates; // [step][gate][lanes·units]
  private final float[][] cell; // [step + 1][lanes·units], the first is carried in
  private final float[] tanhCell; // of one step: cheaper to compute again than to keep
  private final float[] hidden;

  GravesLstmCell(int steps, int elements) {
    peepholes = new float[3][elements];
    gates = new float[steps][4][elements];
    cell = new float[steps + 1][elements];
    tanhCell = new float[elements];
    hidden = new float[elements];
  }

  @Override
  public float[][] peepholes() {
    return peepholes;
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
    float[] before = cell[step];
    float[] c = cell[step + 1];
    ElementwiseOps.addProduct(z[I], peepholes[I], before, from, to);
    ElementwiseOps.sigmoid(z[I], from, to);
    ElementwiseOps.addProduct(z[F], peepholes[F], before, from, to);
    ElementwiseOps.sigmoid(z[F], from, to);
    ElementwiseOps.tanh(z[A], from, to);
    ElementwiseOps.sumOfProducts(z[F], before, z[I], z[A], c, from, to);
    ElementwiseOps.addProduct(z[O], peepholes[O], c, from, to);
    ElementwiseOps.sigmoid(z[O], from, to);
    ElementwiseOps.tanhOf(c, tanhCell, from, to);
    ElementwiseOps.product(z[O], tanhCell, hidden, from, to);
  }

  @Override
  public void backward(int step, GateGradients d, int from, int to) {
    float[][] z = gates[step];
    float[] before = cell[step];
    ElementwiseOps.tanhOf(cell[step + 1], tanhCell, from, to);
    ElementwiseOps.sigmoidGradient(d.hidden, tanhCell, z[O], d.gates[O], from, to);
    ElementwiseOps.addTanhGradient(d.hidden, z[O], tanhCell, d.cell, from, to);
    ElementwiseOps.addProduct(d.cell, peepholes[O], d.gates[O], from, to);
    ElementwiseOps.sigmoidGradient(d.cell, z[A], z[I], d.gates[I], from, to);
    ElementwiseOps.tanhGradient(d.cell, z[I], z[A], d.gates[A], from, to);
    ElementwiseOps.sigmoidGradient(d.cell, before, z[F], d.gates[F], from, to);
    ElementwiseOps.multiplyFaded(d.cell, z[F], from, to);
    ElementwiseOps.addProduct(d.cell, peepholes[I], d.gates[I], from, to);
    ElementwiseOps.addProduct(d.cell, peepholes[F], d.gates[F], from, to);
    ElementwiseOps.addProduct(d.peepholes[I], d.gates[I], before, from, to);
    ElementwiseOps.addProduct(d.peepholes[F], d.gates[F], before, from, to);
    ElementwiseOps.addProduct(d.peepholes[O], d.gates[O], cell[step + 1], from, to);
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
