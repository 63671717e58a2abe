package trainer.engine.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import trainer.engine.Lanes;

/**
 * Forward and backward pass over the segments of some lanes. All threads of a team run {@link
 * #compute} in parallel, each for its hidden units of every layer.
 */
final class GradientPass implements AutoCloseable {
  private final NetworkWeights weights;
  private final Lanes lanes;
  private final ForwardPass forward;
  private final Share[] shares; // [thread]

  /** State of one thread, besides its share of the forward pass. */
  private static final class Share {
    private final LayerBackward[] backward;
    private final LayerGradients[] gradients;
    private OutputTraining output;

    Share(int layers) {
      backward = new LayerBackward[layers];
      gradients = new LayerGradients[layers];
    }
  }

  /**
   * @param weights receive the gradients
   * @param steps length of the longest segment
   * @param seed of dropout
   */
  GradientPass(
      Products products,
      Team team,
      NetworkShape shape,
      NetworkWeights weights,
      Lanes lanes,
      int steps,
      long seed) {
    this.weights = weights;
    this.lanes = lanes;
    forward = ForwardPass.training(products, team, shape, weights, lanes, steps, seed);
    int layers = shape.layers().size();
    shares = new Share[team.count()];
    Arrays.setAll(shares, thread -> new Share(layers));
    int rows = forward.size().rows();
    List<LayerGates> gates = LayerGates.of(products, forward.memory(), shape, rows);
    // The layers of a thread share the memory of the gradients of outputs likewise.
    Matrix[] anyOutputs = new Matrix[shares.length];
    Arrays.setAll(anyOutputs, thread -> forward.memory().matrix(rows, mostUnits(thread)));
    for (int l = 0; l < layers; l++) {
      for (int thread = 0; thread < shares.length; thread++) {
        Share share = shares[thread];
        ThreadContext context = forward.context(thread);
        LayerForward layer = forward.layer(thread, l);
        LayerBackward below = l == 0 ? null : share.backward[l - 1];
        int units = layer.weights().units().count();
        Matrix outputs = anyOutputs[thread].reshaped(units);
        share.backward[l] = new LayerBackward(context, layer, gates.get(l), outputs, below);
        share.gradients[l] =
            new LayerGradients(context, layer, gates.get(l), share.backward[l].gradients());
      }
    }
    Matrix logits = forward.memory().alignedRows(rows, shape.vocabulary());
    Matrix logitGradients =
        products.rounds() ? products.factors(forward.memory(), rows, shape.vocabulary()) : logits;
    for (int thread = 0; thread < shares.length; thread++) {
      shares[thread].output =
          new OutputTraining(
              forward.context(thread),
              weights.output(thread),
              forward.top(),
              logits,
              logitGradients,
              shares[thread].backward[layers - 1].outputs());
    }
  }

  /** The most units that a thread has in a layer. */
  private int mostUnits(int thread) {
    return IntStream.range(0, shares[thread].backward.length)
        .map(l -> forward.layer(thread, l).weights().units().count())
        .max()
        .orElseThrow();
  }

  Lanes lanes() {
    return lanes;
  }

  ForwardPass forward() {
    return forward;
  }

  /** Packs one thread's share of the current weights. */
  void load(int thread) {
    PhaseClock clock = forward.context(thread).clock();
    clock.start();
    forward.load(thread);
    for (LayerBackward layer : shares[thread].backward) {
      layer.load();
    }
    shares[thread].output.load();
    clock.lap(Phase.PACK);
  }

  /**
   * Computes one thread's share of loss and gradients with the weights of {@link #load}, and
   * carries the state over.
   *
   * @param inputs of these lanes: [steps · lanes]
   * @param targets likewise
   * @param characters of all passes: the loss is the mean over them
   * @param computed is told each layer whose gradients are there, the output layer first
   */
  void compute(
      int thread,
      int[] inputs,
      int[] targets,
      int iteration,
      int characters,
      IntConsumer computed) {
    ThreadContext context = forward.context(thread);
    PhaseClock clock = context.clock();
    Share share = shares[thread];
    int steps = inputs.length / lanes.count();
    clock.start();
    forward.startIteration(thread, iteration);
    forward.run(thread, inputs, 0, steps);
    share.output.run(targets, characters);
    if (thread == 0) {
      sumOutputBiases();
    }
    computed.accept(share.backward.length);
    for (int l = share.backward.length - 1; l >= 0; l--) {
      share.backward[l].run(inputs, steps);
      share.gradients[l].run(steps);
      context.barrier();
      computed.accept(l);
    }
    forward.carry(thread, steps);
    clock.lap(Phase.UPDATE);
  }

  /** The output layer's bias gradient is the sum over the threads. */
  private void sumOutputBiases() {
    float[] gradient = weights.output(0).biases().gradient();
    Arrays.fill(gradient, 0f);
    for (Share share : shares) {
      ElementwiseOps.add(gradient, share.output.biasGradient(), 0, gradient.length);
    }
  }

  /** Cross-entropy summed over the lanes, nats. */
  double nats() {
    double nats = 0;
    for (Share share : shares) {
      nats += share.output.nats();
    }
    return nats;
  }

  @Override
  public void close() {
    forward.close();
  }
}
