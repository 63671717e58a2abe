package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import trainer.config.Compute;
import trainer.config.Compute.Precision;
import trainer.config.GradientClipping;
import trainer.config.Model;
import trainer.config.Optimizer;
import trainer.config.Training;
import trainer.engine.Allreduce;
import trainer.engine.Lanes;
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
  private final Allreduce allreduce;

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
    return of(model, training, seed, vocabulary, compute, Allreduce.ALONE);
  }

  /** As above, of one rank, which trains its share of the lanes. */
  static CpuNetwork of(
      Model model,
      Training training,
      long seed,
      int vocabulary,
      Compute compute,
      Allreduce allreduce) {
    return new CpuNetwork(
        new NetworkShape(vocabulary, model.layers()),
        new Settings(
            training.optimizer(),
            training.gradientClipping(),
            seed,
            threads(compute),
            compute.groups(),
            compute.precision()),
        Products.best(compute.precision()),
        allreduce);
  }

  static int threads(Compute compute) {
    return compute.threads() == 0 ? Runtime.getRuntime().availableProcessors() : compute.threads();
  }

  /** A network of zero parameters, with the fastest GEMM of this machine. */
  CpuNetwork(NetworkShape shape, Settings settings) {
    this(shape, settings, Products.best(settings.precision()));
  }

  CpuNetwork(NetworkShape shape, Settings settings, Products products) {
    this(shape, settings, products, Allreduce.ALONE);
  }

  /**
   * @param products closed with this network
   * @param allreduce with the ranks that train the other lanes, in lane groups
   */
  CpuNetwork(NetworkShape shape, Settings settings, Products products, Allreduce allreduce) {
    super(shape.layers());
    this.shape = shape;
    this.settings = settings;
    this.products = products;
    this.allreduce = allreduce;
    update = new ParameterUpdate(UpdateRule.of(settings.optimizer()));
    division = new Division(new Workers(settings.threads(), products), settings.laneGroups());
    weights = new NetworkWeights(shape, division.team().count(), settings.optimizer().moments());
  }

  String description() {
    return arithmetic()
        + ", "
        + settings.threads()
        + (settings.threads() == 1 ? " thread" : " threads")
        + (settings.laneGroups() == 0 ? "" : ", " + settings.laneGroups() + " lane groups");
  }

  /** What, besides the lane groups, decides the bytes of results. */
  String arithmetic() {
    return products.description();
  }

  NetworkShape shape() {
    return shape;
  }

  @Override
  protected CpuTrainingStep stepFor(int lanes, int steps) {
    int all = lanes * allreduce.ranks();
    int groups = division.passes(all);
    if (groups % allreduce.ranks() != 0) {
      throw new IllegalArgumentException(
          groups + " lane groups cannot be shared by " + allreduce.ranks() + " ranks");
    }
    GradientPass[] passes = new GradientPass[groups / allreduce.ranks()];
    Products sharing = products.sharing();
    List<NetworkWeights> copies = new ArrayList<>();
    List<List<Parameter>> parameters = new ArrayList<>();
    for (int pass = 0; pass < passes.length; pass++) {
      NetworkWeights own = pass == 0 ? weights : weights.withOwnGradients();
      copies.add(own);
      parameters.add(own.parameters());
      passes[pass] =
          new GradientPass(
              sharing,
              division.team(),
              shape,
              own,
              Lanes.of(all, allreduce.rank() * passes.length + pass, groups),
              steps,
              settings.seed());
    }
    return new CpuTrainingStep(
        division,
        weights,
        passes,
        parameters,
        steps,
        update,
        new Clipping(settings.clipping()),
        allreduce == Allreduce.ALONE
            ? null
            : new RankSums(allreduce, copies, shape.layers().size() + 1));
  }

  @Override
  protected VectorSession open(int lanes) {
    return new CpuSession(products, division, shape, weights, lanes);
  }

  @Override
  public Precision precision() {
    return settings.precision();
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
