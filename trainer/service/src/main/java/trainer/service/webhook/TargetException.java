package trainer.service.webhook;

/** A URL that webhooks may not call; the message is complete. */
public final class TargetException extends RuntimeException {
  private static final long serialVersionUID = 1;

  TargetException(String message) {
    super(message);
  }
}
