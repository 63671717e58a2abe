package trainer.service.runs;

/** An idempotency key was reused for a different request. */
public final class IdempotencyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public IdempotencyException(String key) {
    super(
        "Idempotency-Key '%s' was already used for another request: use a new key".formatted(key));
  }
}
