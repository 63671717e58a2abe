package trainer.cluster;

import trainer.file.TrainerException;

/** A run cannot train on several machines as it was started. */
public final class ClusterException extends TrainerException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public ClusterException(String message) {
    super(message);
  }
}
