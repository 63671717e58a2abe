package trainer.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import trainer.config.Layer;
import trainer.text.Segment;

/**
 * A character network in an engine's own layout. Parameters, gradient and optimizer averages go in
 * and out as vectors in Deeplearning4j's order. Hidden state carries over between segments of any
 * length. If buffers for a longer segment cannot be allocated, the state is left unchanged. Not
 * thread-safe.
 *
 * @param <S> trains on segments up to some size
 */
public abstract class VectorNetwork<S extends TrainingStep> implements Inference {
  private static final CarriedState ZERO = new CarriedState(List.of());

  private final List<Layer> layers;
  private final List<VectorSession> sessions = new ArrayList<>(); // the open ones
  private S step; // null before the first segment, and after an allocation failed
  private CarriedState state = ZERO; // null: the step has it
  private boolean closed;

  protected VectorNetwork(List<Layer> layers) {
    this.layers = List.copyOf(layers);
  }

  /** Allocates a step for segments of {@code lanes} and at most {@code steps}, from zero state. */
  protected abstract S stepFor(int lanes, int steps);

  /** Opens a forward pass with its own state. */
  protected abstract VectorSession open(int lanes);

  protected abstract VectorWeights weights();

  /** Frees everything but the step and the sessions, which are closed before. */
  protected abstract void free();

  /**
   * Begins every public method.
   *
   * @throws IllegalStateException if the network is closed
   */
  protected void enter() {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
  }

  /** The current step; null if there is none. */
  protected final S step() {
    return step;
  }

  /** One iteration: loss, gradient, clipping, update. See {@link Engine#train}. */
  public final Engine.Step train(Segment segment, double learningRate, int iteration) {
    return stepFor(segment).train(segment, learningRate, iteration);
  }

  /** Loss and gradient only; {@link #readGradient} copies it. See {@link Engine#gradient}. */
  public final Engine.Step gradient(Segment segment, int iteration) {
    return stepFor(segment).gradient(segment, iteration);
  }

  /** A step that is large enough for the segment and has the carried state. */
  private S stepFor(Segment segment) {
    enter();
    int lanes = segment.lanes();
    checkLanes(lanes);
    if (step == null || step.lanes() != lanes || step.steps() < segment.length()) {
      int steps = Math.max(segment.length(), step == null ? 1 : step.steps());
      state = carriedState();
      if (step != null) {
        step.close();
        step = null;
      }
      step = stepFor(lanes, steps);
    }
    if (state != null) {
      step.state(state);
      state = null;
    }
    return step;
  }

  private void checkLanes(int lanes) {
    if (state != null && state.layers().isEmpty()) {
      return; // zero, for any number of lanes
    }
    int carried = state == null ? step.lanes() : state.layers().get(0).lanes();
    if (lanes != carried) {
      throw new IllegalArgumentException(
          "a segment of %d lanes, the carried state has %d: clear or set the state first"
              .formatted(lanes, carried));
    }
  }

  /** The state that the next segment starts from; without layers if it is zero. */
  public final CarriedState carriedState() {
    enter();
    return state == null ? step.state() : state;
  }

  /**
   * Sets the state that the next segment starts from; without layers: zero.
   *
   * @throws IllegalArgumentException if it does not fit the network
   */
  public final void carriedState(CarriedState next) {
    enter();
    if (next.layers().isEmpty()) {
      clearState();
      return;
    }
    next.lanes(layers); // checks that it fits
    state = next;
  }

  /** Starts the next segment from zero state, with any number of lanes. */
  public final void clearState() {
    enter();
    state = ZERO;
  }

  /** See {@link Engine#productPeak}. */
  public OptionalDouble productPeak(int size) {
    return OptionalDouble.empty();
  }

  /** Opens a forward pass with its own state. Closing the network closes it. */
  @Override
  public final Engine.Session session(int lanes) {
    enter();
    VectorSession session = open(lanes);
    session.join(sessions);
    return session;
  }

  /** Sets all parameters. */
  public final void writeParameters(float[] vector) {
    enter();
    weights().takeParameters(checked(vector, weights().length()));
  }

  /** Copies all parameters to a vector. */
  public final void readParameters(float[] vector) {
    enter();
    weights().putParameters(checked(vector, weights().length()));
  }

  /** Copies the last segment's gradient, before clipping, to a vector like the parameters'. */
  public final void readGradient(float[] vector) {
    enter();
    weights().putGradient(checked(vector, weights().length()));
  }

  /**
   * Length of the vector of optimizer averages: Adam's [m | v], RMSProp's [v], the velocity of
   * stochastic gradient descent, each in the order of the parameters.
   */
  public final int updaterLength() {
    return Math.multiplyExact(weights().moments(), weights().length());
  }

  /** Sets the optimizer averages. */
  public final void writeUpdater(float[] vector) {
    enter();
    checked(vector, updaterLength());
    for (int i = 0; i < weights().moments(); i++) {
      weights().takeMoment(i, vector, i * weights().length());
    }
  }

  /** Copies the optimizer averages to a vector. */
  public final void readUpdater(float[] vector) {
    enter();
    checked(vector, updaterLength());
    for (int i = 0; i < weights().moments(); i++) {
      weights().putMoment(i, vector, i * weights().length());
    }
  }

  private static float[] checked(float[] vector, int length) {
    if (vector.length != length) {
      throw new IllegalArgumentException(
          "a vector of " + vector.length + " elements where the network has " + length);
    }
    return vector;
  }

  /** Closes the sessions and frees everything; a second call does nothing. */
  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      List.copyOf(sessions).forEach(VectorSession::close);
      if (step != null) {
        step.close();
        step = null;
      }
      free();
    }
  }
}
