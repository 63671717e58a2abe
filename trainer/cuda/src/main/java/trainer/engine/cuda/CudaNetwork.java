package trainer.engine.cuda;

import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.PassSize;
import trainer.engine.UpdateRule;
import trainer.engine.VectorNetwork;
import trainer.engine.VectorSession;
import trainer.engine.VectorWeights;

/**
 * A character network that trains on a GPU. Parameters and what the optimizer keeps go in and out
 * as vectors in DL4J's order, which {@link ParameterLayout} describes; nothing here needs ND4J.
 */
final class CudaNetwork extends VectorNetwork<CudaTrainingStep> {
  private final Device device;
  private final ParameterLayout layout;
  private final CudaTrainingStep.Settings settings;
  private final Weights weights;

  /**
   * A network whose parameters are all zero.
   *
   * @param device closed with this network, and where it cannot be made
   * @param seed of dropout
   */
  CudaNetwork(
      Device device,
      ParameterLayout layout,
      Optimizer optimizer,
      GradientClipping clipping,
      long seed) {
    super(layout.layers());
    this.device = device;
    this.layout = layout;
    settings = new CudaTrainingStep.Settings(UpdateRule.of(optimizer), clipping, seed);
    try {
      weights = new Weights(device.gpu(), layout, optimizer.moments());
    } catch (RuntimeException e) {
      device.close();
      throw e;
    }
  }

  String description() {
    return device.description();
  }

  Device device() {
    return device;
  }

  ParameterLayout layout() {
    return layout;
  }

  @Override
  protected CudaTrainingStep stepFor(int lanes, int steps) {
    PassSize size = new PassSize(lanes, steps);
    MemoryRequirement.check(device, layout, size);
    return new CudaTrainingStep(device, weights, settings, size);
  }

  @Override
  protected VectorSession open(int lanes) {
    return new CudaSession(device, weights, lanes);
  }

  @Override
  protected VectorWeights weights() {
    return weights;
  }

  /** Floating-point operations a second of products of square matrices of so many rows. */
  double productPeak(int size) {
    enter();
    return ProductPeak.measure(device, size);
  }

  /** Waits until the last update is done. */
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
