package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.Engine;
import trainer.engine.PassSize;
import trainer.engine.VectorNetwork;

/**
 * A character network that trains on the CPU. Parameters and what the optimizer keeps go in and out
 * as vectors in DL4J's order, which {@link NetworkShape} describes.
 */
final class CpuNetwork extends VectorNetwork<CpuTrainingStep> {
  private final NetworkShape shape;
  private final Settings settings;
  private final UpdateRule rule;
  private final Products products;
  private final Workers workers;
  private final NetworkWeights weights;
  private final List<SegmentReader> readers = new ArrayList<>();

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
    super(shape.layers());
    this.shape = shape;
    this.settings = settings;
    this.products = products;
    rule = UpdateRule.of(settings.optimizer());
    workers = new Workers(settings.threads(), products);
    weights = new NetworkWeights(shape, settings.threads(), settings.optimizer().moments());
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
  protected CpuTrainingStep passFor(int lanes, int steps) {
    PassSize size = new PassSize(lanes, steps);
    ForwardPass forward =
        ForwardPass.training(products, workers, shape, weights, size, settings.seed());
    return new CpuTrainingStep(
        workers, shape, weights, forward, rule, new Clipping(settings.clipping()));
  }

  @Override
  public Engine.Reader reader(int lanes) {
    enter();
    return new SegmentReader(products, workers, shape, weights, lanes, readers);
  }

  @Override
  public void writeParameters(float[] vector) {
    enter();
    weights.take(vector);
  }

  @Override
  public void readParameters(float[] vector) {
    enter();
    weights.put(vector);
  }

  @Override
  public void readGradient(float[] vector) {
    enter();
    weights.putGradient(vector);
  }

  @Override
  public int updaterLength() {
    return weights.momentsLength();
  }

  @Override
  public void writeUpdater(float[] vector) {
    enter();
    weights.takeMoments(vector);
  }

  @Override
  public void readUpdater(float[] vector) {
    enter();
    weights.putMoments(vector);
  }

  /** Nanoseconds that the first thread has spent in a phase of training. */
  long nanoseconds(Phase phase) {
    return pass() == null ? 0 : pass().nanoseconds(phase);
  }

  /** Ends the threads and frees all native memory. */
  @Override
  protected void free(CpuTrainingStep present) {
    workers.close();
    List.copyOf(readers).forEach(SegmentReader::close);
    if (present != null) {
      present.close();
    }
    weights.close();
    products.close();
  }
}
