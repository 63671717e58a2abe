package trainer.engine.cpu;

import java.util.function.IntConsumer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.PassSize;
import trainer.engine.VectorSession;
import trainer.text.Segment;

/** Scores segments, some steps at a time, and predicts single characters. */
final class CpuSession extends VectorSession {
  private final Products products;
  private final Workers workers;
  private final NetworkShape shape;
  private final NetworkWeights weights;
  private final IntConsumer compute = this::compute; // one object for all calls
  private final float[] logProbabilities;

  private Inference inference;
  private CarriedState carried;
  private long loaded = -1;

  private int[] characters;
  private int[] targets; // null: nothing to score
  private int length;

  /** A forward pass and the output layer, for a number of steps. */
  private static final class Inference implements AutoCloseable {
    private final ForwardPass forward;
    private final OutputForward[] outputs; // [thread]
    private final float[][] scratch; // [thread][rows of a block · V]
    private final float[][] hits; // [thread][rows of a block]
    private final double[][] scores; // [thread]: nats, correct

    Inference(
        Products products,
        Workers workers,
        NetworkShape shape,
        NetworkWeights weights,
        PassSize size) {
      forward = ForwardPass.inference(products, workers, shape, weights, size);
      Matrix logits = forward.memory().alignedRows(size.rows(), shape.vocabulary());
      int threads = workers.count();
      outputs = new OutputForward[threads];
      scratch = new float[threads][];
      hits = new float[threads][];
      scores = new double[threads][2];
      for (int thread = 0; thread < threads; thread++) {
        OutputForward output =
            new OutputForward(
                forward.context(thread), weights.output(thread), forward.top(), logits);
        outputs[thread] = output;
        scratch[thread] = new float[output.block().length];
        hits[thread] = new float[output.rowsPerBlock()];
      }
    }

    @Override
    public void close() {
      forward.close();
    }
  }

  CpuSession(
      Products products, Workers workers, NetworkShape shape, NetworkWeights weights, int lanes) {
    super(lanes);
    this.products = products;
    this.workers = workers;
    this.shape = shape;
    this.weights = weights;
    carried = CarriedState.zero(shape.layers(), lanes);
    logProbabilities = new float[lanes * shape.vocabulary()];
  }

  @Override
  public Engine.Score score(Segment segment) {
    check(segment.lanes());
    prepare(PassSize.STEPS_PER_PRODUCT);
    for (double[] score : inference.scores) {
      score[0] = 0;
      score[1] = 0;
    }
    characters = segment.inputs();
    targets = segment.targets();
    length = segment.length();
    workers.run(compute);
    loaded = weights.version();
    double nats = 0;
    double correct = 0;
    for (double[] score : inference.scores) {
      nats += score[0];
      correct += score[1];
    }
    return new Engine.Score(nats, (long) correct, segment.scored());
  }

  @Override
  public float[] next(int[] following) {
    check(following.length);
    prepare(1);
    characters = following;
    targets = null;
    length = 1;
    workers.run(compute);
    loaded = weights.version();
    return logProbabilities;
  }

  /** Provides a pass for {@code steps} at a time; the state carries over. */
  private void prepare(int steps) {
    if (inference == null || inference.forward.size().steps() != steps) {
      CarriedState state = inference == null ? carried : inference.forward.state();
      if (inference != null) {
        inference.close();
      }
      inference = new Inference(products, workers, shape, weights, new PassSize(lanes(), steps));
      inference.forward.state(state);
      loaded = -1;
    }
  }

  private void compute(int thread) {
    ForwardPass forward = inference.forward;
    OutputForward output = inference.outputs[thread];
    if (loaded != weights.version()) {
      forward.load(thread);
      output.load();
    }
    int chunk = forward.size().steps();
    for (int t = 0; t < length; t += chunk) {
      int steps = Math.min(chunk, length - t);
      forward.run(thread, characters, t * lanes(), steps);
      output.multiply();
      evaluate(thread, output, t * lanes(), steps * lanes());
      workers.barrier(thread);
      forward.carry(thread, steps);
      workers.barrier(thread);
    }
  }

  /** Scores the thread's rows, or computes their log-probabilities. */
  private void evaluate(int thread, OutputForward output, int offset, int count) {
    float[] biases = weights.output(thread).biases().values();
    int rows = output.rowsOf(count);
    for (int from = 0; from < rows; from += output.rowsPerBlock()) {
      int block = Math.min(rows - from, output.rowsPerBlock());
      int first = output.first() + from;
      output.readBlock(from, block);
      if (targets != null) {
        Softmax.score(
            output.block(),
            block,
            biases,
            targets,
            offset + first,
            inference.hits[thread],
            inference.scores[thread]);
      } else {
        Softmax.logProbabilities(output.block(), block, biases, inference.scratch[thread]);
        System.arraycopy(
            output.block(), 0, logProbabilities, first * biases.length, block * biases.length);
      }
    }
  }

  @Override
  public CarriedState state() {
    return inference == null ? carried : inference.forward.state();
  }

  @Override
  public void clear() {
    carried = CarriedState.zero(shape.layers(), lanes());
    if (inference != null) {
      inference.forward.state(carried);
    }
  }

  @Override
  protected void free() {
    if (inference != null) {
      inference.close();
      inference = null;
    }
  }
}
