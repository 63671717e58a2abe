package trainer.training;

import trainer.file.TrainerException;

/** Training cannot continue; the message says why and what to do. */
public class TrainingException extends TrainerException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public TrainingException(String message) {
    super(message);
  }

  /** True: a retry may succeed. */
  @Override
  public boolean isTransient() {
    return true;
  }
}
