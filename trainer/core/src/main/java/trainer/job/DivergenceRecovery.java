package trainer.job;

import java.util.Map;
import java.util.Optional;
import trainer.checkpoint.Checkpoint;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.CheckpointFolder.Found;
import trainer.checkpoint.Retention;
import trainer.checkpoint.SavedNetwork;
import trainer.config.Checkpoints;
import trainer.run.Events;
import trainer.run.RunDirectory;
import trainer.training.DivergenceException;
import trainer.training.TrainingException;
import trainer.training.TrainingState;

/**
 * Takes a run that diverged back to its newest regular checkpoint, to try again at half the
 * learning rate. The checkpoint is written again with the new rate, and those after it go: a run
 * that is killed now goes on in the same way.
 */
public record DivergenceRecovery(
    RunDirectory directory, Checkpoints settings, JobReporter reporter) {
  /** What the learning rate is multiplied by. */
  static final double FACTOR = 0.5;

  /** How often in a run. */
  public static final int RETRIES = 3;

  /**
   * Goes back.
   *
   * @return where training is to go on from
   * @throws TrainingException after the last retry
   */
  TrainingStart after(DivergenceException divergence, TrainingState state, Events events) {
    double factor = state.learningRateFactor() * FACTOR;
    int retry = (int) Math.round(Math.log(factor) / Math.log(FACTOR));
    if (retry > RETRIES) {
      throw new TrainingException(
          divergence.getMessage() + "; it was lowered %d times".formatted(RETRIES));
    }
    CheckpointFolder folder = new CheckpointFolder(directory);
    Retention retention = new Retention(settings.keepLast(), settings.keepBest());
    Optional<Found> found = folder.newestWhole(this::isRegular);
    found.ifPresent(
        whole -> whole.skipped().forEach(reason -> reporter.message("passed over: " + reason)));
    int iteration = found.map(whole -> whole.checkpoint().progress().iteration()).orElse(0);
    // Before the checkpoint: what a process that is killed here leaves is a record of what the next
    // one does again, as the log has it of all that follows the last checkpoint.
    events.appendIfThereIsSpace(
        "rolled_back",
        state.iteration(),
        Map.of(
            "reason", divergence.getMessage(),
            "to_iteration", iteration,
            "learning_rate_factor", factor,
            "retry", retry));
    Optional<SavedNetwork> saved =
        found.map(
            whole -> {
              Checkpoint checkpoint = whole.checkpoint().withLearningRateFactor(factor);
              return SavedNetwork.of(folder.write(checkpoint, retention), checkpoint);
            });
    reporter.message(divergence.getMessage());
    reporter.message(
        "going back to iteration %,d, the learning rate multiplied by %s (retry %d of %d)"
            .formatted(iteration, factor, retry, RETRIES));
    return new TrainingStart(saved, factor);
  }

  /** One that an uninterrupted run has too: how often it was stopped must not decide the result. */
  private boolean isRegular(long iteration) {
    return settings.everyIterations() > 0 && iteration % settings.everyIterations() == 0;
  }
}
