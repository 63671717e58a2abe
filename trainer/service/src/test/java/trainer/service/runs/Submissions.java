package trainer.service.runs;

/** Submissions for tests. */
public final class Submissions {
  private Submissions() {}

  /** With fresh weights, one that can be trained anywhere. */
  public static Submission of(
      String name, String configuration, int priority, String principal, String idempotencyKey) {
    return new Submission(
        name, configuration, priority, principal, idempotencyKey, null, DeviceKind.ANY);
  }
}
