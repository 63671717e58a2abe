package trainer.service.registry;

/** What is asked of the registry does not go with what it holds. */
public final class RegistryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean missing;

  private RegistryException(String message, boolean missing) {
    super(message);
    this.missing = missing;
  }

  /** There is no such model or version. */
  static RegistryException missing(String message) {
    return new RegistryException(message, true);
  }

  /** It is there, but not in a state for that. */
  static RegistryException conflict(String message) {
    return new RegistryException(message, false);
  }

  /** Whether what was asked for is not there at all. */
  public boolean isMissing() {
    return missing;
  }
}
