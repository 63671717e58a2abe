package trainer.training;

import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import trainer.config.Training;
import trainer.network.CharacterNetwork;
import trainer.text.Lanes;
import trainer.text.Segment;

/**
 * Truncated backpropagation through time over a corpus: segment after segment of all lanes, epoch
 * after epoch, one update for each. Everything else, from evaluation to checkpoints, is done by
 * listeners after each update.
 */
public final class TrainingLoop {
  private final CharacterNetwork network;
  private final Lanes lanes;
  private final TrainingState state;
  private final StopSignal stop;
  private final List<TrainingListener> listeners;
  private final long iterations;

  /**
   * A loop that goes on from a state; the network must hold the parameters, updater state and
   * carried state of it.
   *
   * @param listeners called after each update, in this order
   */
  public TrainingLoop(
      CharacterNetwork network,
      Lanes lanes,
      TrainingState state,
      StopSignal stop,
      List<TrainingListener> listeners) {
    this.network = network;
    this.lanes = lanes;
    this.state = state;
    this.stop = stop;
    this.listeners = listeners;
    Training training = network.training();
    this.iterations = iterations(training, lanes.segments());
    LearningRates rates =
        new LearningRates(training.schedule(), training.optimizer().learningRate(), iterations);
    network.setLearningRate(
        iteration -> state.learningRateFactor() * rates.applyAsDouble(iteration));
    network.setListeners(Stream.concat(Stream.of(new Count()), listeners.stream()).toList());
    finishIfComplete();
  }

  /** Updates of a whole run. */
  public static long iterations(Training training, long segmentsPerEpoch) {
    long all = training.epochs() * segmentsPerEpoch;
    return training.maxIterations() == null ? all : Math.min(all, training.maxIterations());
  }

  /**
   * Trains until the run is complete or a stop is requested; the iteration under way is always
   * finished.
   */
  public void run() {
    if (state.startsUnrecorded()) {
      listeners.forEach(
          listener -> listener.iterationDone(network, state.iteration(), state.epoch()));
    }
    Segment segment = new Segment(lanes.length(), lanes.lanes());
    while (state.finished() == null && !stop.requested()) {
      if (state.segment() == 0) {
        network.engine().clearState();
      }
      lanes.read(state.segment(), segment);
      network.fit(segment); // forward, backward, clipping, update; then the listeners
    }
  }

  private void finishIfComplete() {
    Integer patience = network.training().earlyStopping().patience();
    if (patience != null && state.validation().evaluationsWithoutImprovement() >= patience) {
      state.finish("no improvement in %d evaluations".formatted(patience));
    } else if (state.iteration() >= iterations) {
      state.finish("%,d iterations".formatted(state.iteration()));
    }
  }

  /** Counts each update before the other listeners see it. */
  private final class Count extends BaseTrainingListener {
    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
      state.stepped(
          network.lastStep(),
          network.lastLearningRate(),
          lanes.lanes() * lanes.length(),
          lanes.segments());
      network.getLayerWiseConfigurations().setEpochCount(state.epoch());
      finishIfComplete();
    }
  }
}
