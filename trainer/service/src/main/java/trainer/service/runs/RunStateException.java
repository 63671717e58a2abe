package trainer.service.runs;

/** What is asked of a run does not go with the state that it is in. */
public final class RunStateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a complete message. */
  public RunStateException(String message) {
    super(message);
  }
}
