package trainer.engine.cpu;

import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.PassSize;
import trainer.engine.UpdateRule;
import trainer.engine.VectorNetwork;
import trainer.engine.VectorSession;
import trainer.engine.VectorWeights;

/**
 * A character network that trains on the CPU. Parameters and what the optimizer keeps go in and out
 * as vectors in DL4J's order, which {@link NetworkShape} describes.
 */
final class CpuNetwork extends VectorNetwork<CpuTrainingStep> {
  private final NetworkShape shape;
  private final Settings settings;
  private final ParameterUpdate update;
  private final Products products;
  private final Workers workers;
  private final NetworkWeights weights;

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
    update = new ParameterUpdate(UpdateRule.of(settings.optimizer()));
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
  protected CpuTrainingStep stepFor(int lanes, int steps) {
    PassSize size = new PassSize(lanes, steps);
    ForwardPass forward =
        ForwardPass.training(products, workers, shape, weights, size, settings.seed());
    return new CpuTrainingStep(
        workers, shape, weights, forward, update, new Clipping(settings.clipping()));
  }

  @Override
  protected VectorSession open(int lanes) {
    return new CpuSession(products, workers, shape, weights, lanes);
  }

  @Override
  protected VectorWeights weights() {
    return weights;
  }

  /** Nanoseconds that the first thread has spent in a phase of training. */
  long nanoseconds(Phase phase) {
    return step() == null ? 0 : step().nanoseconds(phase);
  }

  /** Ends the threads and frees all native memory. */
  @Override
  protected void free() {
    workers.close();
    weights.close();
    products.close();
  }
}
