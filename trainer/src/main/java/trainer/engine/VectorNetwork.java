package trainer.engine;

import trainer.text.Segment;

/**
 * A character network that an engine keeps in a layout of its own. Parameters, gradient and what
 * the optimizer keeps go in and out as vectors in the order of Deeplearning4j's.
 */
public interface VectorNetwork extends AutoCloseable {

  /** One iteration: loss, gradient, clipping, update. See {@link Engine#train}. */
  Engine.Step train(Segment segment, double learningRate, int iteration);

  /** Loss and gradient alone; {@link #readGradient} has it. See {@link Engine#gradient}. */
  Engine.Step gradient(Segment segment, int iteration);

  /** The state that the next segment starts from; without layers where that is zero. */
  CarriedState carriedState();

  /** Sets the state that the next segment starts from; one without layers is zero. */
  void carriedState(CarriedState state);

  /** Starts the next segment from zero state, in as many lanes as it has. */
  void clearState();

  /** Opens a forward pass with a state of its own; closed with this network at the latest. */
  Engine.Reader reader(int lanes);

  /** Takes over all parameters. */
  void writeParameters(float[] vector);

  /** Puts all parameters into a vector. */
  void readParameters(float[] vector);

  /** Puts the gradient of the last segment, before clipping, into a vector like the parameters'. */
  void readGradient(float[] vector);

  /**
   * Length of the vector of what the optimizer keeps: Adam's [m | v], RMSProp's [v], the velocity
   * of stochastic gradient descent, each in the order of the parameters.
   */
  int updaterLength();

  /** Takes over what the optimizer keeps. */
  void writeUpdater(float[] vector);

  /** Puts what the optimizer keeps into a vector. */
  void readUpdater(float[] vector);

  @Override
  void close();
}
