package trainer.service.datasets;

/** A text named by a submitted configuration is missing or not allowed; the message is complete. */
public final class DatasetException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public DatasetException(String message) {
    super(message);
  }
}
