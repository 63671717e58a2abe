package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.config.Compute;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.config.Training;
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
  private final Division division;
  private final NetworkWeights weights;

  /**
   * Training settings.
   *
   * @param seed of dropout
   * @param threads including the caller
   * @param laneGroups see {@link Division}
   * @param precision of the factors of products
   */
  record Settings(
      Optimizer optimizer,
      GradientClipping clipping,
      long seed,
      int threads,
      int laneGroups,
      Precision precision) {
    Settings {
      if (threads < 1) {
        throw new IllegalArgumentException(threads + " threads: at least 1 is needed");
      }
    }
  }

  /** A network of zero parameters as a configuration describes it. */
  static CpuNetwork of(Model model, Training training, long seed, int vocabulary, Compute compute) {
    int threads = compute.threads();
    return new CpuNetwork(
        new NetworkShape(vocabulary, model.layers()),
        new Settings(
            training.optimizer(),
            training.gradientClipping(),
            seed,
            threads == 0 ? Runtime.getRuntime().availableProcessors() : threads,
            compute.laneGroups(),
            compute.precision()));
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
    division = new Division(new Workers(settings.threads(), products), settings.laneGroups());
    weights = new NetworkWeights(shape, division.team().count(), settings.optimizer().moments());
  }

  String description() {
    return products.description()
        + ", "
        + settings.threads()
        + (settings.threads() == 1 ? " thread" : " threads")
        + (settings.laneGroups() == 0 ? "" : ", " + settings.laneGroups() + " lane groups");
  }

  NetworkShape shape() {
    return shape;
  }

  @Override
  protected CpuTrainingStep stepFor(int lanes, int steps) {
    GradientPass[] passes = new GradientPass[division.passes(lanes)];
    List<List<Parameter>> parameters = new ArrayList<>();
    for (int pass = 0; pass < passes.length; pass++) {
      NetworkWeights own = pass == 0 ? weights : weights.withOwnGradients();
      parameters.add(own.parameters());
      passes[pass] =
          new GradientPass(
              products,
              division.team(),
              shape,
              own,
              Lanes.of(lanes, pass, passes.length),
              steps,
              settings.seed());
    }
    return new CpuTrainingStep(
        division, weights, passes, parameters, steps, update, new Clipping(settings.clipping()));
  }

  @Override
  protected VectorSession open(int lanes) {
    return new CpuSession(products, division, shape, weights, lanes);
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
    division.workers().close();
    weights.close();
    products.close();
  }
}
