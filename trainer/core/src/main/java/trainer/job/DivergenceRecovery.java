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
 * Rolls a diverged run back to its newest regular checkpoint and halves the learning rate. The
 * checkpoint is rewritten with the new rate and later ones are deleted, so a run that is killed now
 * resumes the same way.
 */
public record DivergenceRecovery(
    RunDirectory directory, Checkpoints settings, JobReporter reporter) {
  /** Of the learning rate, at each retry. */
  static final double FACTOR = 0.5;

  /** Most retries in a run. */
  public static final int RETRIES = 3;

  /**
   * Rolls back.
   *
   * @return where training resumes
   * @throws TrainingException after the last retry
   */
  TrainingStart after(DivergenceException divergence, TrainingState state, Events events) {
    double factor = state.learningRateFactor() * FACTOR;
    int retry = (int) Math.round(Math.log(factor) / Math.log(FACTOR));
    if (retry > RETRIES) {
      throw new TrainingException(
          divergence.getMessage()
              + "; the learning rate was halved %d times already".formatted(RETRIES));
    }
    CheckpointFolder folder = new CheckpointFolder(directory);
    Retention retention = new Retention(settings.keepLast(), settings.keepBest());
    Optional<Found> found = folder.newestWhole(this::isRegular);
    found.ifPresent(
        whole -> whole.skipped().forEach(reason -> reporter.message("skipped: " + reason)));
    int iteration = found.map(whole -> whole.checkpoint().progress().iteration()).orElse(0);
    // Before the checkpoint: a process killed in between leaves an event that the next one repeats,
    // as with every event after the last checkpoint.
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
        "rolling back to iteration %,d, learning rate scaled by %s (retry %d of %d)"
            .formatted(iteration, factor, retry, RETRIES));
    return new TrainingStart(saved, factor);
  }

  /** One that an uninterrupted run has too: stops must not change the result. */
  private boolean isRegular(long iteration) {
    return settings.everyIterations() > 0 && iteration % settings.everyIterations() == 0;
  }
}
