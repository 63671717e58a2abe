package trainer.text;

import trainer.file.TrainerException;

/** A text, its vocabulary or its files cannot be used. */
public final class TextException extends TrainerException {
  private static final long serialVersionUID = 1L;

  /** With a message for the user. */
  public TextException(String message) {
    super(message);
  }

  /** With a message for the user. */
  public TextException(String message, Throwable cause) {
    super(message, cause);
  }
}
