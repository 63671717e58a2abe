package trainer.file;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;

/**
 * A failure that a user can act on. The message is complete: what is wrong, where, and the way out.
 */
public abstract class TrainerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a message for the user. */
  protected TrainerException(String message) {
    super(message);
  }

  /** With a message for the user. */
  protected TrainerException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Whether the machine failed (disk, memory, network), so that the same input may work later;
   * false where the input is wrong.
   */
  public boolean isTransient() {
    return getCause() instanceof IOException cause
        && (FileErrors.areTheMachines(cause)
            || cause instanceof SocketException
            || cause instanceof SocketTimeoutException
            || cause instanceof UnknownHostException
            || cause instanceof HttpTimeoutException);
  }
}
