package trainer.job;

import trainer.run.RunDirectory;
import trainer.training.Progress;

/**
 * How a training job ended.
 *
 * @param directory what it left
 * @param reason why it ended, such as {@code 3,270 iterations} or {@code SIGTERM}
 * @param progress where the run stands
 */
public record TrainingResult(
    RunDirectory directory, Outcome outcome, String reason, Progress progress) {

  /** The ways to end. */
  public enum Outcome {
    /** The run is complete: {@code model.zip} is its result. */
    FINISHED,
    /** Stopped with a checkpoint; the same job resumes from it. */
    STOPPED,
    /** Stopped while the corpus was being read; nothing was written. */
    NOT_STARTED
  }
}
