package trainer.training;

import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import trainer.datavec.CharacterIterator;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;

/** Converts listeners between Deeplearning4j's interface and this program's. */
public final class ListenerAdapter {
  private ListenerAdapter() {}

  /**
   * Adapts a Deeplearning4j listener to {@link TrainingLoop}. Engines compute a step as a whole, so
   * only {@code iterationDone}, {@code onEpochStart} and {@code onEpochEnd} are called.
   *
   * @param network the network being trained
   */
  public static trainer.training.TrainingListener fromDl4j(
      TrainingListener listener, CharacterNetwork network) {
    return state -> {
      boolean endsEpoch = state.segment() == 0;
      // Deeplearning4j counts an epoch after onEpochEnd.
      network.setEpochCount(endsEpoch ? state.epoch() - 1 : state.epoch());
      if (state.startsEpoch()) {
        listener.onEpochStart(network);
      }
      listener.iterationDone(network, state.iteration(), network.getEpochCount());
      if (endsEpoch) {
        listener.onEpochEnd(network);
      }
      network.setEpochCount(state.epoch());
    };
  }

  /**
   * Adapts a listener to {@code setListeners} of a Deeplearning4j network that is fitted with
   * {@link CharacterIterator}. The gradient norm is NaN: Deeplearning4j does not report it.
   *
   * @param text the iterator passed to {@code fit}
   */
  public static TrainingListener toDl4j(
      trainer.training.TrainingListener listener, CharacterIterator text) {
    return new Counting(listener, text);
  }

  private static final class Counting extends BaseTrainingListener {
    private final trainer.training.TrainingListener listener;
    private final CharacterIterator text;
    private final TrainingState state = new TrainingState(Progress.start());

    Counting(trainer.training.TrainingListener listener, CharacterIterator text) {
      this.listener = listener;
      this.text = text;
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
      int characters = text.lanes().length(state.segment()) * text.batch();
      double rate = model instanceof CharacterNetwork network ? network.learningRate() : Double.NaN;
      state.stepped(new Engine.Step(model.score(), Double.NaN), rate, characters, text.segments());
      listener.updated(state);
    }
  }
}
