package trainer.job;

import java.util.Optional;
import trainer.checkpoint.SavedNetwork;
import trainer.training.Progress;

/**
 * Where training starts.
 *
 * @param saved the checkpoint to resume from; empty: initial weights
 * @param learningRateFactor used without a checkpoint, which has its own
 */
record TrainingStart(Optional<SavedNetwork> saved, double learningRateFactor) {

  int iteration() {
    return progress().iteration();
  }

  /** The contents of metrics.csv at this point. */
  String metrics() {
    return saved.map(run -> run.checkpoint().metrics()).orElse("");
  }

  Progress progress() {
    return saved
        .map(run -> run.checkpoint().progress())
        .orElseGet(() -> Progress.start().withLearningRateFactor(learningRateFactor));
  }
}
