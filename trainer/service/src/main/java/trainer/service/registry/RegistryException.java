package trainer.service.registry;

/** A request conflicts with the registry; the message is complete. */
public final class RegistryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean missing;

  private RegistryException(String message, boolean missing) {
    super(message);
    this.missing = missing;
  }

  /** A missing model or version. */
  static RegistryException missing(String message) {
    return new RegistryException(message, true);
  }

  /** A model or version in the wrong state. */
  static RegistryException conflict(String message) {
    return new RegistryException(message, false);
  }

  /** Whether the model or version is missing. */
  public boolean isMissing() {
    return missing;
  }
}
