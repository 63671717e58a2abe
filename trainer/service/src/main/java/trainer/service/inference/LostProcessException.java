package trainer.service.inference;

/** The process ended, or took too long, before it had answered. Another try may succeed. */
public final class LostProcessException extends RuntimeException {
  private static final long serialVersionUID = 1;

  LostProcessException(String message) {
    super(message);
  }
}
