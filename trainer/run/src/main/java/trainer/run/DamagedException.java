package trainer.run;

import java.io.IOException;

/**
 * A file's content is not what it must be; the message says which part and why, not the way out.
 */
final class DamagedException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedException(String message) {
    super(message);
  }
}
