package trainer.cli;

/** A service refuses, or does not answer; the message is complete. */
final class ServiceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ServiceException(String message) {
    super(message);
  }

  ServiceException(String message, Throwable cause) {
    super(message, cause);
  }
}
