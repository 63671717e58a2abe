package trainer.service.database;

import trainer.file.TrainerException;

/** The database is unusable; the message is complete. */
public final class DatabaseException extends TrainerException {
  private static final long serialVersionUID = 1;

  public DatabaseException(String message) {
    super(message);
  }

  public DatabaseException(String message, Throwable cause) {
    super(message, cause);
  }
}
