package trainer.job;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import trainer.checkpoint.CheckpointFolder;
import trainer.checkpoint.CheckpointFolder.Found;
import trainer.checkpoint.SavedNetwork;
import trainer.cluster.WorkersLostException;
import trainer.run.Events;
import trainer.run.RunDirectory;

/**
 * Resumes a run that has lost workers from its newest checkpoint, with new ones. Gives up when that
 * happens {@link #TRIES} times without a new checkpoint.
 */
final class WorkerRecovery {
  static final int TRIES = 3;

  private final RunDirectory directory;
  private final JobReporter reporter;
  private int losses; // since the checkpoint
  private int checkpoint = -1; // iteration of the newest one at the last loss

  WorkerRecovery(RunDirectory directory, JobReporter reporter) {
    this.directory = directory;
    this.reporter = reporter;
  }

  /**
   * Where training resumes.
   *
   * @param iteration updates made before the loss
   * @param learningRateFactor used without a checkpoint
   * @throws WorkersLostException after the last try
   */
  TrainingStart after(
      WorkersLostException loss, int iteration, double learningRateFactor, Events events) {
    CheckpointFolder folder = new CheckpointFolder(directory);
    Optional<Found> found = folder.newestWhole(any -> true);
    int newest = found.map(whole -> whole.checkpoint().progress().iteration()).orElse(0);
    losses = newest == checkpoint ? losses + 1 : 1;
    checkpoint = newest;
    if (losses > TRIES) {
      events.appendIfThereIsSpace("failed", iteration, Map.of("reason", loss.getMessage()));
      throw loss;
    }
    events.appendIfThereIsSpace(
        "workers_lost",
        iteration,
        Map.of("reason", loss.getMessage(), "to_iteration", newest, "try", losses));
    reporter.message(loss.getMessage());
    reporter.message(
        String.format(
            Locale.ROOT,
            "resuming from iteration %,d with new workers (try %d of %d without a new checkpoint)",
            newest,
            losses,
            TRIES));
    return new TrainingStart(
        found.map(whole -> SavedNetwork.of(whole.file(), whole.checkpoint())), learningRateFactor);
  }
}
