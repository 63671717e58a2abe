package trainer.run;

import java.io.IOException;

/**
 * The content of a file is malformed. The message says which part and why; the caller adds the file
 * and the way out.
 */
public final class DamagedException extends IOException {
  private static final long serialVersionUID = 1;

  public DamagedException(String message) {
    super(message);
  }
}
