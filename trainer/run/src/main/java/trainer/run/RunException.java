package trainer.run;

import trainer.file.FileException;

/** A run directory or one of its files cannot be used. */
public final class RunException extends FileException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  public RunException(String message) {
    super(message);
  }

  /** With a message for the user. */
  public RunException(String message, Throwable cause) {
    super(message, cause);
  }
}
