package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.Engine;
import trainer.engine.PassSize;
import trainer.engine.VectorNetwork;

/**
 * A character network that trains on a GPU. Parameters and what the optimizer keeps go in and out
 * as vectors in DL4J's order, which {@link ParameterLayout} describes; nothing here needs ND4J.
 */
final class CudaNetwork extends VectorNetwork<CudaTrainingStep> {
  private final Device device;
  private final ParameterLayout layout;
  private final CudaTrainingStep.Settings settings;
  private final Weights weights;
  private final List<SegmentReader> readers = new ArrayList<>();

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
  protected CudaTrainingStep passFor(int lanes, int steps) {
    PassSize size = new PassSize(lanes, steps);
    MemoryNeed.check(device, layout, size);
    return new CudaTrainingStep(device, weights, settings, size);
  }

  @Override
  public Engine.Reader reader(int lanes) {
    enter();
    return new SegmentReader(device, weights, lanes, readers);
  }

  @Override
  public void writeParameters(float[] vector) {
    enter();
    weights.takeParameters(vector);
  }

  @Override
  public void readParameters(float[] vector) {
    enter();
    weights.putParameters(vector);
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

  /** Frees all of the GPU's memory and gives the GPU back. */
  @Override
  protected void free(CudaTrainingStep present) {
    List.copyOf(readers).forEach(SegmentReader::close);
    if (present != null) {
      present.close();
    }
    weights.close();
    device.close();
  }
}
