package trainer.job;

import trainer.run.RunDirectory;
import trainer.training.Progress;

/**
 * How a training job ended.
 *
 * @param directory the run's files
 * @param reason such as {@code 3,300 iterations} or {@code SIGTERM}
 * @param progress at the end
 * @param charactersPerSecond {@linkplain trainer.run.Metrics#speed speed} of training steps; NaN if
 *     it is unknown
 */
public record TrainingResult(
    RunDirectory directory,
    Outcome outcome,
    String reason,
    Progress progress,
    double charactersPerSecond) {

  /** The possible outcomes. */
  public enum Outcome {
    /** The run is complete: {@code model.zip} is its result. */
    FINISHED,
    /** The run was complete before: nothing was done, and nothing was written. */
    COMPLETE_BEFORE,
    /** Stopped with a checkpoint; the same job resumes from it. */
    STOPPED,
    /** Stopped while reading the corpus; nothing was written. */
    NOT_STARTED
  }
}
