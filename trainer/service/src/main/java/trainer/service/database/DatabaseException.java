package trainer.service.database;

import trainer.file.TrainerException;

/** The database cannot be used; the message names it, what is wrong, and the way out. */
public final class DatabaseException extends TrainerException {
  private static final long serialVersionUID = 1;

  /** With a complete message. */
  public DatabaseException(String message) {
    super(message);
  }

  /** With a complete message and what the driver said. */
  public DatabaseException(String message, Throwable cause) {
    super(message, cause);
  }
}
