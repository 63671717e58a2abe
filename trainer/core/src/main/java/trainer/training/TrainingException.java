package trainer.training;

/** Training cannot go on; the message says why and what to do. */
public class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public TrainingException(String message) {
    super(message);
  }
}
