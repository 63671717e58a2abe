package trainer.job;

import java.util.Optional;
import trainer.checkpoint.SavedNetwork;
import trainer.training.Progress;

/**
 * Where training begins.
 *
 * @param saved the checkpoint to go on from; empty: fresh weights
 * @param learningRateFactor of a run without a checkpoint; a checkpoint has its own
 */
record TrainingStart(Optional<SavedNetwork> saved, double learningRateFactor) {

  /** Updates made before. */
  int iteration() {
    return progress().iteration();
  }

  /** metrics.csv as it was then, empty at the beginning of a run. */
  String metrics() {
    return saved.map(run -> run.checkpoint().metrics()).orElse("");
  }

  Progress progress() {
    return saved
        .map(run -> run.checkpoint().progress())
        .orElseGet(() -> Progress.start().withLearningRateFactor(learningRateFactor));
  }
}
