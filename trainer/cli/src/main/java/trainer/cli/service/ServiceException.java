package trainer.cli.service;

/** A service refuses, or does not answer; the message is complete. */
final class ServiceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean passing;

  private ServiceException(String message, boolean passing, Throwable cause) {
    super(message, cause);
    this.passing = passing;
  }

  /** It refuses, and would again. */
  static ServiceException refused(String message, Throwable cause) {
    return new ServiceException(message, false, cause);
  }

  /** It does not answer, or cannot do it now: another try may succeed. */
  static ServiceException failed(String message, Throwable cause) {
    return new ServiceException(message, true, cause);
  }

  boolean isPassing() {
    return passing;
  }
}
