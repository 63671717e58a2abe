package trainer.engine.cpu;

import trainer.cell.CellLayout;
import trainer.engine.PassSize;

/**
 * One thread's share of a layer's forward pass: its units in all lanes, step by step. Threads
 * synchronize after every step, because the next one needs the states of all units.
 */
final class LayerForward {
  private final ThreadContext context;
  private final LayerWeights weights;
  private final LayerActivations below;
  private final LayerActivations own;
  private final Units units;
  private final int lanes;
  private final int lanesPerRange;
  private final int stepsPerProduct;
  private final int width;
  private final Cell cell;
  private final Dropout dropout;
  private final Matrix[] sums;
  private final Matrix ownHidden;
  private final Matrix[] ownStates;
  private final Matrix[] ownOutputs;
  private final Matrix[] recurrentSums;
  private final Matrix recurrentBiases;
  private final Matrix[] inputs;
  private final Matrix[] inputSums;
  private final Products.Prepared inputProduct;
  private final Products.Prepared recurrentProduct;
  private final Products.Copy shareHidden;
  private final float[] carriedHidden;
  private final float[] zeros;

  /**
   * @param below the layer below; null for the first layer, which reads characters
   * @param dropout of this layer's outputs; null: none
   */
  LayerForward(
      ThreadContext context,
      LayerWeights weights,
      LayerActivations below,
      LayerActivations own,
      Cell cell,
      Dropout dropout) {
    this.context = context;
    this.weights = weights;
    this.below = below;
    this.own = own;
    this.cell = cell;
    this.dropout = dropout;
    PassSize pass = context.pass();
    Products products = context.products();
    NativeMemory memory = context.memory();
    CellLayout layout = weights.cell();
    units = weights.units();
    lanes = pass.lanes();
    lanesPerRange = Math.max(1, ElementwiseOps.RANGE / Math.max(1, units.count()));
    stepsPerProduct = below == null ? 1 : pass.stepsPerProduct();
    width = layout.sums() * units.count();
    zeros = new float[width];
    Matrix all = memory.matrix(stepsPerProduct * lanes, width);
    sums = all.split(lanes);
    recurrentSums = new Matrix[stepsPerProduct];
    for (int i = 0; i < stepsPerProduct; i++) {
      recurrentSums[i] =
          sums[i].columns(
              layout.firstRecurrent() * units.count(), layout.fromRecurrence() * units.count());
    }
    ownHidden = memory.matrix(lanes, units.count());
    ownStates = own.states().columns(units.first(), units.count()).split(lanes);
    ownOutputs = own.outputs().columns(units.first(), units.count()).split(lanes);
    carriedHidden = new float[lanes * units.count()];
    recurrentBiases = memory.matrix(1, layout.fromRecurrence() * units.count());
    boolean computes = units.count() > 0;
    shareHidden = computes ? products.prepareCopy(memory, ownHidden, ownStates[0]) : null;
    recurrentProduct =
        computes
            ? products.prepare(
                memory,
                own.state(0),
                weights.ownRecurrent(),
                false,
                recurrentSums[0],
                recurrentBiases)
            : null;
    boolean multipliesInput = computes && below != null;
    int rows = stepsPerProduct * lanes;
    inputs = multipliesInput ? below.outputs().split(rows) : null;
    inputSums =
        multipliesInput ? all.columns(0, layout.fromInput() * units.count()).split(rows) : null;
    inputProduct =
        multipliesInput
            ? products.prepare(memory, inputs[0], weights.ownInput(), false, inputSums[0], null)
            : null;
  }

  Cell cell() {
    return cell;
  }

  LayerWeights weights() {
    return weights;
  }

  /** The h that the next segment starts from: [lanes·units]. */
  float[] carriedHidden() {
    return carriedHidden;
  }

  /** Called after {@link #carriedHidden} has been set. */
  void hiddenChanged() {
    if (units.count() > 0) {
      share(carriedHidden, ownStates[0]);
      if (cell.carriedHidden() != null) {
        System.arraycopy(carriedHidden, 0, cell.carriedHidden(), 0, carriedHidden.length);
      }
    }
  }

  /** The layer below; null for the first layer. */
  LayerActivations below() {
    return below;
  }

  LayerActivations own() {
    return own;
  }

  /** Dropout of this layer's outputs; null: none. */
  Dropout dropout() {
    return dropout;
  }

  /** Packs the current weights. */
  void load() {
    if (units.count() == 0) {
      return;
    }
    recurrentProduct.load();
    if (inputProduct != null) {
      inputProduct.load();
    }
    float[] biases = weights.biases().values();
    int columns = recurrentBiases.columns();
    recurrentBiases.write(0, 0, biases, biases.length - columns, columns);
    if (cell.inputBias() != null) {
      ElementwiseOps.spread(biases, 0, units.count(), cell.inputBias());
    }
    for (int g = 0; g < cell.peepholes().length; g++) {
      ElementwiseOps.spread(weights.peepholes().values(), g, units.count(), cell.peepholes()[g]);
    }
  }

  /**
   * Computes the states of a segment from the carried state.
   *
   * @param characters [steps · lanes] from {@code offset} on; read by the first layer only
   */
  void run(int[] characters, int offset, int steps) {
    PhaseClock clock = context.clock();
    for (int t = 0; t < steps; t++) {
      if (units.count() > 0) {
        Matrix sum = sums[t % stepsPerProduct];
        if (below == null) {
          lookUp(characters, offset + t * lanes, sum);
        } else if (t % stepsPerProduct == 0) {
          clearSumsWithoutInput();
          inputProduct.multiply(inputs[t / stepsPerProduct], inputSums[0]);
        }
        clock.lap(Phase.INPUT);
        recurrentProduct.multiply(own.state(t), recurrentSums[t % stepsPerProduct]);
        clock.lap(Phase.RECURRENT_FORWARD);
        gates(t, sum);
        clock.lap(Phase.GATES_FORWARD);
      }
      context.barrier();
    }
  }

  /** x W of one-hot characters: rows of W, and zeros for sums without input. */
  private void lookUp(int[] characters, int offset, Matrix sum) {
    float[] table = weights.input().values();
    int fromInput = weights.cell().fromInput() * units.count();
    for (int b = 0; b < lanes; b++) {
      sum.write(b, 0, table, characters[offset + b] * fromInput, fromInput);
      if (fromInput < width) {
        sum.write(b, fromInput, zeros, fromInput, width - fromInput);
      }
    }
  }

  /** Zeros for the sums without input. */
  private void clearSumsWithoutInput() {
    int fromInput = weights.cell().fromInput() * units.count();
    if (fromInput < width) {
      for (Matrix sum : sums) {
        for (int b = 0; b < lanes; b++) {
          sum.write(b, fromInput, zeros, fromInput, width - fromInput);
        }
      }
    }
  }

  /** Computes the states of a step from its products, range by range. */
  private void gates(int t, Matrix sum) {
    int count = units.count();
    float[][] gates = cell.gates(t);
    for (int lane = 0; lane < lanes; lane += lanesPerRange) {
      int end = Math.min(lanes, lane + lanesPerRange);
      for (int g = 0; g < gates.length; g++) {
        for (int b = lane; b < end; b++) {
          sum.read(b, g * count, gates[g], b * count, count);
        }
      }
      cell.forward(t, lane * count, end * count);
    }
    float[] hidden = cell.hidden(t);
    share(hidden, ownStates[t + 1]);
    if (dropout != null) {
      share(dropout.apply(t, hidden), ownOutputs[t]);
    }
  }

  /** Writes the thread's columns of states or outputs. */
  private void share(float[] hidden, Matrix to) {
    ownHidden.write(0, 0, hidden, 0, hidden.length);
    shareHidden.run(ownHidden, to);
  }

  /** Makes the state after {@code steps} the start of the next segment. */
  void carry(int steps) {
    if (units.count() > 0) {
      System.arraycopy(cell.hidden(steps - 1), 0, carriedHidden, 0, carriedHidden.length);
      cell.carry(steps);
      share(carriedHidden, ownStates[0]);
    }
  }
}
