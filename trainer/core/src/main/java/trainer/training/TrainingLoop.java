package trainer.training;

import java.util.List;
import trainer.config.Training;
import trainer.datavec.CharacterIterator;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;

/**
 * Truncated backpropagation through time over a corpus: one update per segment of all lanes.
 * Everything else, from evaluation to checkpoints, is done by listeners after each update.
 */
public final class TrainingLoop {
  private final CharacterNetwork network;
  private final CharacterIterator text;
  private final TrainingState state;
  private final StopSignal stop;
  private final List<TrainingListener> listeners;
  private final long iterations; // of the whole run
  private final LearningRates rates;

  /**
   * A loop that continues from a state. The network must hold the matching parameters, updater
   * state and carried state.
   *
   * @param text the training lanes; {@link #run} seeks to the state's segment
   * @param listeners called after each update, in this order
   */
  public TrainingLoop(
      CharacterNetwork network,
      CharacterIterator text,
      TrainingState state,
      StopSignal stop,
      List<TrainingListener> listeners) {
    this.network = network;
    this.text = text;
    this.state = state;
    this.stop = stop;
    this.listeners = List.copyOf(listeners);
    Training training = network.training();
    this.iterations = iterations(training, text.segments());
    this.rates =
        new LearningRates(
            training.schedule(), training.optimizer().learningRate(), iterations, text.segments());
  }

  /** Number of updates in a whole run. */
  public static long iterations(Training training, long segmentsPerEpoch) {
    long all = training.epochs() * segmentsPerEpoch;
    return training.maxIterations() == null ? all : Math.min(all, training.maxIterations());
  }

  /**
   * Trains until the run is complete or a stop is requested. The current iteration is always
   * finished.
   */
  public void run() {
    text.seek(state.segment());
    state.finishIfComplete(network.training(), iterations);
    if (state.startsUnrecorded()) {
      listeners.forEach(listener -> listener.updated(state));
    }
    while (state.finished() == null && !stop.requested()) {
      if (text.position() == 0) {
        network.engine().clearState(); // a new epoch starts from zero state
      }
      state.stepping();
      Segment segment = text.nextSegment();
      double rate = state.learningRateFactor() * rates.applyAsDouble(state.iteration());
      Engine.Step step = network.step(segment, rate); // forward, backward, clipping, update
      state.stepped(step, rate, segment.characters(), text.segments());
      state.finishIfComplete(network.training(), iterations);
      network.setEpochCount(state.epoch());
      if (!text.hasNext()) {
        text.reset();
      }
      listeners.forEach(listener -> listener.updated(state));
    }
  }
}
