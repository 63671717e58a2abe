package trainer.training;

/** The loss, gradient or parameters exploded or are not finite. */
public final class DivergenceException extends TrainingException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public DivergenceException(String message) {
    super(message);
  }
}
