package trainer.service.http;

/** The service cannot listen where it should; the message is complete. */
public final class AddressException extends RuntimeException {
  private static final long serialVersionUID = 1;

  AddressException(String message, Throwable cause) {
    super(message, cause);
  }
}
