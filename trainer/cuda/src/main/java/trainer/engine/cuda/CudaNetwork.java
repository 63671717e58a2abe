package trainer.engine.cuda;

import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.PassSize;
import trainer.engine.UpdateRule;
import trainer.engine.VectorNetwork;
import trainer.engine.VectorSession;
import trainer.engine.VectorWeights;

/** A character network on a GPU. It does not depend on ND4J. */
final class CudaNetwork extends VectorNetwork<CudaTrainingStep> {
  private final Device device;
  private final ParameterLayout layout;
  private final CudaTrainingStep.Settings settings;
  private final Weights weights;

  /**
   * A network of zero parameters.
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

  /** Floating-point operations per second of GEMM on matrices [size, size]. */
  double productPeak(int size) {
    enter();
    return ProductPeak.measure(device, size);
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
