package trainer.engine.cpu;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.TrainingStep;
import trainer.text.Segment;

/**
 * A whole training step, from character indices to updated weights. All threads run {@link
 * #compute} in parallel, each for its hidden units of every layer and for all lanes.
 */
final class CpuTrainingStep implements TrainingStep {
  private final Workers workers;
  private final NetworkWeights weights;
  private final ParameterUpdate parameterUpdate;
  private final Clipping clipping;
  private final ForwardPass forward;
  private final Share[] shares;
  private final IntConsumer compute = this::compute; // one object for all steps

  // Arguments and results of a call, shared with the threads.
  private Segment segment;
  private int iteration;
  private double learningRate;
  private boolean update;
  private double loss;
  private double norm;

  /** State of one thread, besides its share of the forward pass. */
  private static final class Share {
    private final LayerBackward[] backward;
    private final LayerGradients[] gradients;
    private OutputTraining output;
    private double squares;

    Share(int layers) {
      backward = new LayerBackward[layers];
      gradients = new LayerGradients[layers];
    }
  }

  /**
   * @param forward a training pass over the same weights; closed with this step
   */
  CpuTrainingStep(
      Workers workers,
      NetworkShape shape,
      NetworkWeights weights,
      ForwardPass forward,
      ParameterUpdate parameterUpdate,
      Clipping clipping) {
    this.workers = workers;
    this.weights = weights;
    this.forward = forward;
    this.parameterUpdate = parameterUpdate;
    this.clipping = clipping;
    int layers = shape.layers().size();
    shares = new Share[workers.count()];
    Arrays.setAll(shares, thread -> new Share(layers));
    int rows = forward.size().rows();
    // All layers share the memory of gate gradients: a layer's are not needed once its parameter
    // gradients are computed. So do the layers of a thread that of the gradients of outputs.
    Products products = forward.context(0).products();
    LayerGates anyGates = LayerGates.widest(products, forward.memory(), shape, rows);
    Matrix[] anyOutputs = new Matrix[shares.length];
    Arrays.setAll(anyOutputs, thread -> forward.memory().matrix(rows, mostUnits(thread)));
    for (int l = 0; l < layers; l++) {
      LayerGates gates = anyGates.of(products, shape.cell(l), shape.size(l));
      for (int thread = 0; thread < shares.length; thread++) {
        Share share = shares[thread];
        ThreadContext context = forward.context(thread);
        LayerForward layer = forward.layer(thread, l);
        LayerBackward below = l == 0 ? null : share.backward[l - 1];
        int units = layer.weights().units().count();
        Matrix outputs = anyOutputs[thread].reshaped(units, units);
        share.backward[l] = new LayerBackward(context, layer, gates, outputs, below);
        share.gradients[l] =
            new LayerGradients(context, layer, gates, share.backward[l].gradients());
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

  @Override
  public int lanes() {
    return forward.size().lanes();
  }

  @Override
  public int steps() {
    return forward.size().steps();
  }

  @Override
  public CarriedState state() {
    return forward.state();
  }

  @Override
  public void state(CarriedState state) {
    forward.state(state);
  }

  @Override
  public Engine.Step train(Segment text, double rate, int iterations) {
    update = true;
    learningRate = rate;
    Engine.Step step = run(text, iterations);
    weights.changed();
    return step;
  }

  @Override
  public Engine.Step gradient(Segment text, int iterations) {
    update = false;
    return run(text, iterations);
  }

  private Engine.Step run(Segment text, int iterations) {
    segment = text;
    iteration = iterations;
    workers.run(compute);
    return new Engine.Step(loss, norm);
  }

  private void compute(int thread) {
    ThreadContext context = forward.context(thread);
    PhaseClock clock = context.clock();
    Share share = shares[thread];
    int steps = segment.length();
    clock.start();

    load(thread);
    clock.lap(Phase.PACK);

    forward.startIteration(thread, iteration);
    forward.run(thread, segment.inputs(), 0, steps);
    share.output.run(segment.targets(), segment.characters());
    for (int l = share.backward.length - 1; l >= 0; l--) {
      share.backward[l].run(segment.inputs(), steps);
      share.gradients[l].run(steps);
      context.barrier();
    }

    if (thread == 0) {
      sumOutputBiases();
    }
    share.squares = gradientSquares(thread);
    clock.lap(Phase.UPDATE);
    context.barrier();

    double gradientNorm = gradientNorm();
    if (update) {
      update(thread, clipping.scale(gradientNorm));
    }
    forward.carry(thread, steps);
    if (thread == 0) {
      norm = gradientNorm;
      loss = meanLoss();
    }
    clock.lap(Phase.UPDATE);
  }

  /** Packs the current weights. */
  private void load(int thread) {
    forward.load(thread);
    for (LayerBackward layer : shares[thread].backward) {
      layer.load();
    }
    shares[thread].output.load();
  }

  /** The output layer's bias gradient is the sum over the threads. */
  private void sumOutputBiases() {
    float[] gradient = weights.output(0).biases().gradient();
    Arrays.fill(gradient, 0f);
    for (Share share : shares) {
      ElementwiseOps.add(gradient, share.output.biasGradient(), 0, gradient.length);
    }
  }

  private double gradientSquares(int thread) {
    double squares = 0;
    for (Parameter parameter : weights.of(thread)) {
      squares += parameter.gradientSquares();
    }
    return squares;
  }

  private void update(int thread, float scale) {
    for (Parameter parameter : weights.of(thread)) {
      clipping.cut(parameter);
      parameterUpdate.apply(parameter, scale, learningRate, iteration);
    }
    weights.publish(thread);
  }

  private double gradientNorm() {
    double squares = 0;
    for (Share share : shares) {
      squares += share.squares;
    }
    return Math.sqrt(squares);
  }

  private double meanLoss() {
    double nats = 0;
    for (Share share : shares) {
      nats += share.output.nats();
    }
    return nats / segment.characters();
  }

  /** Nanoseconds that the first thread has spent in a phase. */
  long nanoseconds(Phase phase) {
    return forward.context(0).clock().nanoseconds(phase);
  }

  @Override
  public void close() {
    forward.close();
  }
}
