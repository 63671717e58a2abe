package trainer.cli.service;

import trainer.file.TrainerException;

/** The service refused or did not answer; the message is complete. */
public final class ServiceException extends TrainerException {
  private static final long serialVersionUID = 1;

  private final boolean isTransient;

  private ServiceException(String message, boolean isTransient, Throwable cause) {
    super(message, cause);
    this.isTransient = isTransient;
  }

  /** A permanent refusal. */
  public static ServiceException refused(String message, Throwable cause) {
    return new ServiceException(message, false, cause);
  }

  /** A temporary failure: a retry may succeed. */
  public static ServiceException failed(String message, Throwable cause) {
    return new ServiceException(message, true, cause);
  }

  @Override
  public boolean isTransient() {
    return isTransient;
  }
}
