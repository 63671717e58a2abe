package trainer.job;

import trainer.training.Phase;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/** Receives a job's messages and progress, in the thread that runs it. Does nothing by default. */
public interface JobReporter extends TrainingListener {
  /** Reports nothing. */
  JobReporter SILENT = new JobReporter() {};

  /** A message for the user. */
  default void message(String text) {}

  /**
   * Progress of reading or downloading a file.
   *
   * @param done bytes so far
   * @param total bytes in all; -1 if unknown
   */
  default void bytes(String task, long done, long total) {}

  /** The task that {@link #bytes} reported has ended. */
  default void bytesEnd() {}

  /** Training starts. Called again each time training diverged and restarts. */
  default void started(TrainingPlan plan) {}

  /** A phase between two steps starts. It ends with the next one, or with {@link #updated}. */
  default void phase(Phase phase, TrainingState state) {}

  /**
   * A sample was written to samples.txt.
   *
   * @param text without the prompt
   */
  default void sample(int iteration, double temperature, String text) {}

  @Override
  default void updated(TrainingState state) {}

  /** Training has ended, or restarts. */
  default void ended() {}
}
