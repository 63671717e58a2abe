package trainer.engine.cpu;

import java.util.Arrays;

/** One thread's share of the output layer in training: loss and gradients. */
final class OutputTraining {
  private final ThreadContext context;
  private final OutputWeights weights;
  private final OutputForward forward;
  private final Matrix gradients;
  private final Matrix ownLogits;
  private final Matrix ownGradients;
  private final Products.Copy round; // null: the gradients overwrite the logits
  private final Matrix belowOutputs;
  private final Matrix weightGradient;
  private final Products.Prepared backProduct;
  private final Products.Transposed weightProduct;
  private final float[] hits;
  private final float[] biasGradient;
  private double nats;

  /**
   * @param below input of the layer
   * @param logits of all threads: [steps · lanes, V]
   * @param gradients those of the logits as factors; may be the same matrix
   * @param belowOutputs receives the gradient of the outputs of the thread's units
   */
  OutputTraining(
      ThreadContext context,
      OutputWeights weights,
      LayerActivations below,
      Matrix logits,
      Matrix gradients,
      Matrix belowOutputs) {
    this.context = context;
    this.weights = weights;
    this.gradients = gradients;
    this.belowOutputs = belowOutputs;
    forward = new OutputForward(context, weights, below, logits);
    ownLogits = forward.rows(logits);
    ownGradients = forward.rows(gradients);
    round =
        gradients == logits || ownLogits.rows() == 0
            ? null
            : context.products().prepareCopy(context.memory(), ownLogits, ownGradients);
    Units units = weights.units();
    weightGradient = context.memory().matrix(units.count(), logits.columns());
    hits = new float[forward.rowsPerBlock()];
    biasGradient = new float[logits.columns()];
    backProduct =
        units.count() == 0
            ? null
            : context
                .products()
                .prepare(
                    context.memory(),
                    gradients,
                    weights.shared().rows(units.first(), units.count()),
                    true,
                    belowOutputs,
                    null);
    weightProduct =
        units.count() == 0
            ? null
            : context
                .products()
                .prepareTransposed(
                    context.memory(),
                    below.outputs().columns(units.first(), units.count()),
                    gradients,
                    weightGradient);
  }

  /** Packs the current weights. */
  void load() {
    forward.load();
    if (backProduct != null) {
      backProduct.load();
    }
  }

  /**
   * Computes the loss of the thread's rows and the gradients of its units.
   *
   * @param targets [steps · lanes]
   * @param characters that the loss is the mean over
   */
  void run(int[] targets, int characters) {
    PhaseClock clock = context.clock();
    forward.multiply();
    clock.lap(Phase.OUTPUT);
    softmax(targets, characters);
    if (round != null) {
      round.run(ownLogits, ownGradients);
    }
    clock.lap(Phase.SOFTMAX);
    context.barrier();
    if (backProduct != null) {
      backProduct.multiply(gradients, belowOutputs);
      weightProduct.multiply(targets.length);
      weightGradient.read(weights.weights().gradient());
    }
    clock.lap(Phase.OUTPUT);
  }

  private void softmax(int[] targets, int characters) {
    float scale = 1f / characters;
    nats = 0;
    Arrays.fill(biasGradient, 0f);
    int rows = forward.rowsOf(targets.length);
    for (int from = 0; from < rows; from += forward.rowsPerBlock()) {
      int count = Math.min(rows - from, forward.rowsPerBlock());
      forward.readBlock(from, count);
      nats +=
          Softmax.gradient(
              forward.block(),
              count,
              weights.biases().values(),
              targets,
              forward.first() + from,
              scale,
              hits,
              biasGradient);
      forward.writeBlock(from, count);
    }
  }

  /** Cross-entropy summed over the thread's rows, nats. */
  double nats() {
    return nats;
  }

  /** The thread's part of the bias gradient: [V]. */
  float[] biasGradient() {
    return biasGradient;
  }
}
