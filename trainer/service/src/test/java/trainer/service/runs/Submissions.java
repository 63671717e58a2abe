package trainer.service.runs;

/** Submissions for tests. */
public final class Submissions {
  private Submissions() {}

  /** With random weights, for any device. */
  public static Submission of(
      String name, String configuration, int priority, String principal, String idempotencyKey) {
    return new Submission(
        name, configuration, priority, principal, idempotencyKey, null, DeviceKind.ANY, 1);
  }
}
