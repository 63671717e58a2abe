package trainer.service.runs;

/** An idempotency key was used before, for something else. */
public final class IdempotencyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Of a key. */
  public IdempotencyException(String key) {
    super(
        "Idempotency-Key '%s' was used before with another configuration: use a new key for a new run"
            .formatted(key));
  }
}
