package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.VectorNetwork;
import trainer.text.Segment;

/**
 * A character network that trains on the CPU. Parameters and what the optimizer keeps go in and out
 * as vectors in DL4J's order, which {@link NetworkShape} describes. Not safe for several threads.
 */
final class CpuNetwork implements VectorNetwork {
  private final NetworkShape shape;
  private final Settings settings;
  private final UpdateRule rule;
  private final Products products;
  private final Workers workers;
  private final NetworkWeights weights;
  private final List<SegmentReader> readers = new ArrayList<>();
  private TrainingStep step;
  private boolean cleared = true;
  private boolean closed;

  /**
   * How to train.
   *
   * @param seed of dropout
   * @param threads that compute, the caller included
   */
  record Settings(Optimizer optimizer, GradientClipping clipping, long seed, int threads) {
    Settings {
      if (threads < 1) {
        throw new IllegalArgumentException(threads + " threads: at least 1 is needed");
      }
    }
  }

  /** A network whose parameters are all zero, computing with the best products of this machine. */
  CpuNetwork(NetworkShape shape, Settings settings) {
    this(shape, settings, Products.best());
  }

  /**
   * @param products closed with this network
   */
  CpuNetwork(NetworkShape shape, Settings settings, Products products) {
    this.shape = shape;
    this.settings = settings;
    this.products = products;
    rule = UpdateRule.of(settings.optimizer());
    workers = new Workers(settings.threads(), products);
    weights = new NetworkWeights(shape, settings.threads(), rule.moments());
  }

  /** What computes. */
  String description() {
    return products.description()
        + ", "
        + settings.threads()
        + (settings.threads() == 1 ? " thread" : " threads");
  }

  NetworkShape shape() {
    return shape;
  }

  @Override
  public Engine.Step train(Segment segment, double learningRate, int iteration) {
    return stepFor(segment).train(segment, learningRate, iteration);
  }

  @Override
  public Engine.Step gradient(Segment segment, int iteration) {
    return stepFor(segment).gradient(segment, iteration);
  }

  /** The step for a segment's lanes and length; a longer one than before takes over the state. */
  private TrainingStep stepFor(Segment segment) {
    checkOpen();
    int lanes = segment.lanes();
    if (step == null) {
      build(new PassSize(lanes, segment.length()));
    }
    PassSize size = step.forward().size();
    if (!cleared && lanes != size.lanes()) {
      throw new IllegalArgumentException(
          "a segment of "
              + lanes
              + " lanes, the carried state has "
              + size.lanes()
              + ": clear or set the state first");
    }
    if (lanes != size.lanes() || segment.length() > size.steps()) {
      CarriedState state = carriedState();
      build(new PassSize(lanes, Math.max(segment.length(), size.steps())));
      carriedState(state);
    }
    cleared = false;
    return step;
  }

  private void build(PassSize size) {
    if (step != null) {
      step.close();
    }
    ForwardPass forward =
        ForwardPass.training(products, workers, shape, weights, size, settings.seed());
    step =
        new TrainingStep(workers, shape, weights, forward, rule, new Clipping(settings.clipping()));
  }

  @Override
  public CarriedState carriedState() {
    return cleared ? new CarriedState(List.of()) : step.forward().state();
  }

  @Override
  public void carriedState(CarriedState state) {
    checkOpen();
    if (state.layers().isEmpty()) {
      clearState();
      return;
    }
    int lanes = state.lanes(shape.layers());
    if (step == null || step.forward().size().lanes() != lanes) {
      build(new PassSize(lanes, step == null ? 1 : step.forward().size().steps()));
    }
    step.forward().state(state);
    cleared = false;
  }

  @Override
  public void clearState() {
    cleared = true;
    if (step != null) {
      step.forward().state(CarriedStates.zero(shape, step.forward().size().lanes()));
    }
  }

  @Override
  public Engine.Reader reader(int lanes) {
    checkOpen();
    return new SegmentReader(products, workers, shape, weights, lanes, readers);
  }

  @Override
  public void writeParameters(float[] vector) {
    checkOpen();
    weights.take(vector);
  }

  @Override
  public void readParameters(float[] vector) {
    weights.put(vector);
  }

  @Override
  public void readGradient(float[] vector) {
    weights.putGradient(vector);
  }

  @Override
  public int updaterLength() {
    return weights.momentsLength();
  }

  @Override
  public void writeUpdater(float[] vector) {
    weights.takeMoments(vector);
  }

  @Override
  public void readUpdater(float[] vector) {
    weights.putMoments(vector);
  }

  /** Nanoseconds that the first thread has spent in a phase of training. */
  long nanoseconds(Phase phase) {
    return step == null ? 0 : step.nanoseconds(phase);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
  }

  /** Ends the threads and frees all native memory. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    workers.close();
    List.copyOf(readers).forEach(SegmentReader::close);
    if (step != null) {
      step.close();
    }
    weights.close();
    products.close();
  }
}
