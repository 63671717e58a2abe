package trainer.engine.cpu;

import java.util.function.IntConsumer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.PassSize;
import trainer.engine.VectorSession;
import trainer.text.Segment;

/**
 * Reads text with a state of its own: whole segments some steps at a time to score them, or single
 * characters to continue them.
 */
final class CpuSession extends VectorSession {
  private final Products products;
  private final Workers workers;
  private final NetworkShape shape;
  private final NetworkWeights weights;
  private final IntConsumer compute = this::compute; // one object for all calls
  private final float[] logProbabilities;

  private Reading reading;
  private CarriedState carried;
  private long loaded = -1;

  private int[] characters;
  private int[] targets; // null: none to score
  private int length;

  /** A forward pass and the output layer, for some steps at a time. */
  private static final class Reading implements AutoCloseable {
    private final ForwardPass forward;
    private final OutputForward[] outputs; // [thread]
    private final float[][] scratch; // [thread][rows of a block · V]
    private final float[][] hits; // [thread][rows of a block]
    private final double[][] scores; // [thread]: nats, correct

    Reading(
        Products products,
        Workers workers,
        NetworkShape shape,
        NetworkWeights weights,
        PassSize size) {
      forward = ForwardPass.reading(products, workers, shape, weights, size);
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
    for (double[] score : reading.scores) {
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
    for (double[] score : reading.scores) {
      nats += score[0];
      correct += score[1];
    }
    return new Engine.Score(nats, (long) correct, segment.characters());
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

  /** Makes ready for so many steps at a time; the state moves on from how it was read before. */
  private void prepare(int steps) {
    if (reading == null || reading.forward.size().steps() != steps) {
      CarriedState state = reading == null ? carried : reading.forward.state();
      if (reading != null) {
        reading.close();
      }
      reading = new Reading(products, workers, shape, weights, new PassSize(lanes(), steps));
      reading.forward.state(state);
      loaded = -1;
    }
  }

  private void compute(int thread) {
    ForwardPass forward = reading.forward;
    OutputForward output = reading.outputs[thread];
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

  /** Scores the thread's rows, or turns them into probabilities. */
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
            reading.hits[thread],
            reading.scores[thread]);
      } else {
        Softmax.logProbabilities(output.block(), block, biases, reading.scratch[thread]);
        System.arraycopy(
            output.block(), 0, logProbabilities, first * biases.length, block * biases.length);
      }
    }
  }

  @Override
  public void clear() {
    carried = CarriedState.zero(shape.layers(), lanes());
    if (reading != null) {
      reading.forward.state(carried);
    }
  }

  @Override
  protected void free() {
    if (reading != null) {
      reading.close();
      reading = null;
    }
  }
}
