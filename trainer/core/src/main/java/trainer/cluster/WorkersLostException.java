package trainer.cluster;

import trainer.file.TrainerException;

/** Workers are gone, or no longer agree. Training can resume from a checkpoint with new ones. */
public final class WorkersLostException extends TrainerException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public WorkersLostException(String message) {
    super(message);
  }

  /** True: other machines, or the same ones later, may succeed. */
  @Override
  public boolean isTransient() {
    return true;
  }
}
