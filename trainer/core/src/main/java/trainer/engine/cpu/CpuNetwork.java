package trainer.engine.cpu;

import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.config.Training;
import trainer.engine.PassSize;
import trainer.engine.UpdateRule;
import trainer.engine.VectorNetwork;
import trainer.engine.VectorSession;
import trainer.engine.VectorWeights;

/** A character network on the CPU. */
final class CpuNetwork extends VectorNetwork<CpuTrainingStep> {
  private final NetworkShape shape;
  private final Settings settings;
  private final ParameterUpdate update;
  private final Products products;
  private final Workers workers;
  private final NetworkWeights weights;

  /**
   * Training settings.
   *
   * @param seed of dropout
   * @param threads including the caller
   * @param precision of the factors of products
   */
  record Settings(
      Optimizer optimizer, GradientClipping clipping, long seed, int threads, Precision precision) {
    Settings {
      if (threads < 1) {
        throw new IllegalArgumentException(threads + " threads: at least 1 is needed");
      }
    }
  }

  /**
   * A network of zero parameters as a configuration describes it.
   *
   * @param threads 0: one per processor
   */
  static CpuNetwork of(
      Model model, Training training, long seed, int vocabulary, int threads, Precision precision) {
    return new CpuNetwork(
        new NetworkShape(vocabulary, model.layers()),
        new Settings(
            training.optimizer(),
            training.gradientClipping(),
            seed,
            threads == 0 ? Runtime.getRuntime().availableProcessors() : threads,
            precision));
  }

  /** A network of zero parameters, with the fastest GEMM of this machine. */
  CpuNetwork(NetworkShape shape, Settings settings) {
    this(shape, settings, Products.best(settings.precision()));
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

  /** Nanoseconds that the first thread has spent in a phase. */
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
