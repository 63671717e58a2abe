package trainer.engine;

import trainer.text.Segment;

/**
 * Trains a network on segments of some lanes, up to some length, and carries the state from one to
 * the next. A new one starts from zero.
 */
public interface TrainingStep extends AutoCloseable {

  /** Texts side by side. */
  int lanes();

  /** The longest segment. */
  int steps();

  /** One iteration: loss, gradient, clipping, update. See {@link Engine#train}. */
  Engine.Step train(Segment segment, double learningRate, int iteration);

  /** Loss and gradient alone. See {@link Engine#gradient}. */
  Engine.Step gradient(Segment segment, int iteration);

  /** The carried state. */
  CarriedState state();

  /** Sets the carried state; one without layers is zero. */
  void state(CarriedState state);

  @Override
  void close();
}
