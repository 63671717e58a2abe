package trainer.engine.cuda;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.Allreduce;
import trainer.engine.Lanes;
import trainer.engine.UpdateRule;
import trainer.engine.VectorNetwork;
import trainer.engine.VectorSession;
import trainer.engine.VectorWeights;

/** A character network on a GPU. It does not depend on ND4J. */
final class CudaNetwork extends VectorNetwork<CudaTrainingStep> {
  private final Device device;
  private final ParameterLayout layout;
  private final CudaTrainingStep.Settings settings;
  private final int laneGroups;
  private final Weights weights;

  /**
   * A network of zero parameters, without lane groups.
   *
   * @param device closed with this network, also if construction fails
   * @param seed of dropout
   */
  CudaNetwork(
      Device device,
      ParameterLayout layout,
      Optimizer optimizer,
      GradientClipping clipping,
      long seed) {
    this(device, layout, optimizer, clipping, seed, 0, Allreduce.ALONE);
  }

  /**
   * As above.
   *
   * @param laneGroups each trained in a pass of its own; 0: all lanes in one pass
   * @param allreduce with the GPUs that train the other lanes, in lane groups
   */
  CudaNetwork(
      Device device,
      ParameterLayout layout,
      Optimizer optimizer,
      GradientClipping clipping,
      long seed,
      int laneGroups,
      Allreduce allreduce) {
    super(layout.layers());
    this.device = device;
    this.layout = layout;
    this.laneGroups = laneGroups;
    settings = new CudaTrainingStep.Settings(UpdateRule.of(optimizer), clipping, seed, allreduce);
    try {
      weights = new Weights(device, layout, optimizer.moments());
    } catch (RuntimeException e) {
      device.close();
      throw e;
    }
  }

  /** A network of zero parameters as a configuration describes it, of one of the GPUs. */
  static CudaNetwork of(
      Configuration configuration,
      int vocabulary,
      Device device,
      int laneGroups,
      Allreduce allreduce) {
    return new CudaNetwork(
        device,
        new ParameterLayout(vocabulary, configuration.model().layers()),
        configuration.training().optimizer(),
        configuration.training().gradientClipping(),
        configuration.seed(),
        laneGroups,
        allreduce);
  }

  String description() {
    return device.description() + (laneGroups == 0 ? "" : ", " + laneGroups + " lane groups");
  }

  Device device() {
    return device;
  }

  ParameterLayout layout() {
    return layout;
  }

  @Override
  protected CudaTrainingStep stepFor(int lanes, int steps) {
    Allreduce allreduce = settings.allreduce();
    int all = lanes * allreduce.ranks();
    int groups = laneGroups == 0 ? 1 : Math.min(laneGroups, all);
    if (groups % allreduce.ranks() != 0) {
      throw new IllegalArgumentException(
          groups + " lane groups cannot be shared by " + allreduce.ranks() + " GPUs");
    }
    int passes = groups / allreduce.ranks();
    List<Lanes> shares =
        IntStream.range(0, passes)
            .mapToObj(pass -> Lanes.of(all, allreduce.rank() * passes + pass, groups))
            .toList();
    MemoryRequirement.check(device, layout, shares, steps);
    return new CudaTrainingStep(device, weights, settings, shares, steps);
  }

  @Override
  protected VectorSession open(int lanes) {
    return new CudaSession(device, weights, lanes);
  }

  @Override
  public Precision precision() {
    return device.precision();
  }

  @Override
  protected VectorWeights weights() {
    return weights;
  }

  @Override
  public OptionalDouble productPeak(int size) {
    enter();
    return OptionalDouble.of(ProductPeak.measure(device, size));
  }

  /** Waits for the last update. */
  void finish() {
    enter();
    device.gpu().synchronize();
  }

  @Override
  protected void enter() {
    super.enter();
    device.gpu().enter();
  }

  /** Frees all GPU memory and releases the GPU. */
  @Override
  protected void free() {
    weights.close();
    device.close();
  }
}
