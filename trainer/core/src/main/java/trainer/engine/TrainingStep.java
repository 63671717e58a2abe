package trainer.engine;

import trainer.text.Segment;

/**
 * Trains a network on segments with a fixed number of lanes and a maximum length. The state carries
 * over from one to the next, initially zero.
 */
public interface TrainingStep extends AutoCloseable {

  /** Number of lanes. */
  int lanes();

  /** Length of the longest segment. */
  int steps();

  /** One iteration: loss, gradient, clipping, update. See {@link Engine#train}. */
  Engine.Step train(Segment segment, double learningRate, int iteration);

  /** Loss and gradient only. See {@link Engine#gradient}. */
  Engine.Step gradient(Segment segment, int iteration);

  /** The carried state. */
  CarriedState state();

  /** Sets the carried state; without layers: zero. */
  void state(CarriedState state);

  @Override
  void close();
}
