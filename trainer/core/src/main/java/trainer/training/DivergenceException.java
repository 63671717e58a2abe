package trainer.training;

/** Training whose loss, gradient or parameters are no longer of any use. */
public final class DivergenceException extends TrainingException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public DivergenceException(String message) {
    super(message);
  }
}
