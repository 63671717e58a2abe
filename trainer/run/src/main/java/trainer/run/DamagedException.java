package trainer.run;

import java.io.IOException;

/**
 * A file's content is not what it must be; the message says which part and why, not the way out.
 */
public final class DamagedException extends IOException {
  private static final long serialVersionUID = 1;

  public DamagedException(String message) {
    super(message);
  }
}
