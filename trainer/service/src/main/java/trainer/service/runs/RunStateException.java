package trainer.service.runs;

/** A request conflicts with the state of the run; the message is complete. */
public final class RunStateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public RunStateException(String message) {
    super(message);
  }
}
