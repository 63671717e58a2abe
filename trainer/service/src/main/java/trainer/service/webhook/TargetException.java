package trainer.service.webhook;

/** An address that this service does not send to. */
public final class TargetException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a complete message. */
  TargetException(String message) {
    super(message);
  }
}
