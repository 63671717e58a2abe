package trainer.engine;

import java.util.List;
import trainer.config.Layer;
import trainer.text.Segment;

/**
 * A character network that an engine keeps in a layout of its own. Parameters, gradient and what
 * the optimizer keeps go in and out as vectors in the order of Deeplearning4j's. The state is
 * carried from segment to segment, also to longer ones, and where memory for a longer one is
 * missing it stays as it was. Not safe for several threads at once.
 *
 * @param <P> what trains on segments of some size
 */
public abstract class VectorNetwork<P extends TrainingStep> implements AutoCloseable {
  private static final CarriedState ZERO = new CarriedState(List.of());

  private final List<Layer> layers;
  private P pass; // null: none was needed yet, or the last could not be made
  private CarriedState state = ZERO; // null: it is the pass's
  private boolean closed;

  /** A network without a pass. */
  protected VectorNetwork(List<Layer> layers) {
    this.layers = List.copyOf(layers);
  }

  /** Makes what trains on segments of so many lanes and up to so many steps, from zero state. */
  protected abstract P passFor(int lanes, int steps);

  /** Frees all that the network has taken, the present pass, null where there is none, included. */
  protected abstract void free(P present);

  /**
   * To be called by whatever may be called from outside.
   *
   * @throws IllegalStateException if the network is closed
   */
  protected void enter() {
    if (closed) {
      throw new IllegalStateException("the engine is closed");
    }
  }

  /** What trains now; null where nothing does. */
  protected final P pass() {
    return pass;
  }

  /** One iteration: loss, gradient, clipping, update. See {@link Engine#train}. */
  public final Engine.Step train(Segment segment, double learningRate, int iteration) {
    return passFor(segment).train(segment, learningRate, iteration);
  }

  /** Loss and gradient alone; {@link #readGradient} has it. See {@link Engine#gradient}. */
  public final Engine.Step gradient(Segment segment, int iteration) {
    return passFor(segment).gradient(segment, iteration);
  }

  /** A pass with room for a segment, which has the state. */
  private P passFor(Segment segment) {
    enter();
    int lanes = segment.lanes();
    checkLanes(lanes);
    if (pass == null || pass.lanes() != lanes || pass.steps() < segment.length()) {
      int steps = Math.max(segment.length(), pass == null ? 1 : pass.steps());
      state = carriedState();
      if (pass != null) {
        pass.close();
        pass = null;
      }
      pass = passFor(lanes, steps);
    }
    if (state != null) {
      pass.state(state);
      state = null;
    }
    return pass;
  }

  private void checkLanes(int lanes) {
    if (state != null && state.layers().isEmpty()) {
      return; // zero, for any number of lanes
    }
    int carried = state == null ? pass.lanes() : state.layers().get(0).lanes();
    if (lanes != carried) {
      throw new IllegalArgumentException(
          "a segment of %d lanes, the carried state has %d: clear or set the state first"
              .formatted(lanes, carried));
    }
  }

  /** The state that the next segment starts from; without layers where that is zero. */
  public final CarriedState carriedState() {
    enter();
    return state == null ? pass.state() : state;
  }

  /**
   * Sets the state that the next segment starts from; one without layers is zero.
   *
   * @throws IllegalArgumentException if it is that of other layers
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

  /** Starts the next segment from zero state, in as many lanes as it has. */
  public final void clearState() {
    enter();
    state = ZERO;
  }

  /** Opens a forward pass with a state of its own; closed with this network at the latest. */
  public abstract Engine.Reader reader(int lanes);

  /** Takes over all parameters. */
  public abstract void writeParameters(float[] vector);

  /** Puts all parameters into a vector. */
  public abstract void readParameters(float[] vector);

  /** Puts the gradient of the last segment, before clipping, into a vector like the parameters'. */
  public abstract void readGradient(float[] vector);

  /**
   * Length of the vector of what the optimizer keeps: Adam's [m | v], RMSProp's [v], the velocity
   * of stochastic gradient descent, each in the order of the parameters.
   */
  public abstract int updaterLength();

  /** Takes over what the optimizer keeps. */
  public abstract void writeUpdater(float[] vector);

  /** Puts what the optimizer keeps into a vector. */
  public abstract void readUpdater(float[] vector);

  /** Frees all that the network has taken; a second time does nothing. */
  @Override
  public final void close() {
    if (!closed) {
      closed = true;
      free(pass);
      pass = null;
    }
  }
}
