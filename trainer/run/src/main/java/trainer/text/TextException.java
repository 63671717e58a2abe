package trainer.text;

import trainer.file.TrainerException;

/** Something is wrong with a text, its vocabulary or its files; the message is for the user. */
public final class TextException extends TrainerException {
  private static final long serialVersionUID = 1L;

  /** Takes what is wrong, where, and what to do. */
  public TextException(String message) {
    super(message);
  }

  /** Takes what is wrong, where, and what to do. */
  public TextException(String message, Throwable cause) {
    super(message, cause);
  }
}
