package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import trainer.config.GradientClipping;
import trainer.config.Optimizer;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.text.Segment;

/**
 * A character network that trains on a GPU. Parameters and what the optimizer keeps go in and out
 * as vectors in DL4J's order, which {@link ParameterLayout} describes; nothing here needs ND4J. Not
 * safe for several threads at once.
 */
final class CudaNetwork implements AutoCloseable {
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

  /** One iteration: loss, gradient, clipping, update. See {@link Engine#train}. */
  Engine.Step train(Segment segment, double learningRate, int iteration) {
    return stepFor(segment).run(segment, learningRate, iteration, true);
  }

  /** Loss and gradient alone; {@link #gradient} has it. See {@link Engine#gradient}. */
  Engine.Step gradient(Segment segment, int iteration) {
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

  /** The state that the next segment starts from; without layers where that is zero. */
  CarriedState carriedState() {
    enter();
    return cleared ? new CarriedState(List.of()) : step.forward().state();
  }

  /** Sets the state that the next segment starts from; one without layers is zero. */
  void carriedState(CarriedState state) {
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

  /** Starts the next segment from zero state, in as many lanes as it has. */
  void clearState() {
    enter();
    cleared = true;
    if (step != null) {
      step.forward().state(new CarriedState(List.of()));
    }
  }

  /** Opens a forward pass with a state of its own; closed with this network at the latest. */
  Engine.Reader reader(int lanes) {
    enter();
    return new SegmentReader(device, weights, lanes, readers);
  }

  /** Takes over all parameters. */
  void takeParameters(float[] vector) {
    enter();
    weights.takeParameters(vector);
  }

  /** All parameters. */
  float[] parameters() {
    enter();
    return weights.parameterVector();
  }

  /** The gradient of the last segment, before clipping. */
  float[] gradient() {
    enter();
    return weights.gradientVector();
  }

  /**
   * Takes over what the optimizer keeps: Adam's [m | v], RMSProp's [v], the velocity of stochastic
   * gradient descent, each in the order of the parameters.
   */
  void takeUpdater(float[] vector) {
    enter();
    weights.takeMoments(vector);
  }

  /** What the optimizer keeps. */
  float[] updater() {
    enter();
    return weights.momentVector();
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
