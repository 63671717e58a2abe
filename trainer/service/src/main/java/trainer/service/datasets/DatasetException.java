package trainer.service.datasets;

/** A text that a submitted configuration names may not be read or is not there. */
public final class DatasetException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a complete message. */
  public DatasetException(String message) {
    super(message);
  }
}
