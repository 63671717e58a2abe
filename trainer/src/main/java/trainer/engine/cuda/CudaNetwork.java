package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.VectorNetwork;
import trainer.text.Segment;

/**
 * A character network that trains on a GPU. Parameters and what the optimizer keeps go in and out
 * as vectors in DL4J's order, which {@link ParameterLayout} describes; nothing here needs ND4J. Not
 * safe for several threads at once.
 */
final class CudaNetwork implements VectorNetwork {
  private final Device device;
  private final ParameterLayout layout;
  private final TrainingStep.Settings settings;
  private final Weights weights;
  private final List<SegmentReader> readers = new ArrayList<>();
  private TrainingStep step;
  private boolean cleared = true;
  private boolean closed;

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
    this.device = device;
    this.layout = layout;
    UpdateRule rule = UpdateRule.of(optimizer);
    settings = new TrainingStep.Settings(rule, clipping, seed);
    try {
      weights = new Weights(device.gpu(), layout, rule.moments());
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
  public Engine.Step train(Segment segment, double learningRate, int iteration) {
    return stepFor(segment).run(segment, learningRate, iteration, true);
  }

  @Override
  public Engine.Step gradient(Segment segment, int iteration) {
    return stepFor(segment).run(segment, 0, iteration, false);
  }

  /** The step for a segment's lanes and length; a longer one than before takes over the state. */
  private TrainingStep stepFor(Segment segment) {
    enter();
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
      step.forward().state(state);
    }
    cleared = false;
    return step;
  }

  private void build(PassSize size) {
    if (step != null) {
      step.close();
      step = null;
    }
    MemoryNeed.check(device, layout, size);
    step = new TrainingStep(device, weights, settings, size);
  }

  @Override
  public CarriedState carriedState() {
    enter();
    return cleared ? new CarriedState(List.of()) : step.forward().state();
  }

  @Override
  public void carriedState(CarriedState state) {
    enter();
    if (state.layers().isEmpty()) {
      clearState();
      return;
    }
    int lanes = state.lanes(layout.layers());
    if (step == null || step.forward().size().lanes() != lanes) {
      build(new PassSize(lanes, step == null ? 1 : step.forward().size().steps()));
    }
    step.forward().state(state);
    cleared = false;
  }

  @Override
  public void clearState() {
    enter();
    cleared = true;
    if (step != null) {
      step.forward().state(new CarriedState(List.of()));
    }
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

  private void enter() {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
    device.gpu().enter();
  }

  /** Frees all of the GPU's memory and gives the GPU back. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    List.copyOf(readers).forEach(SegmentReader::close);
    if (step != null) {
      step.close();
    }
    weights.close();
    device.close();
  }
}
