package trainer.service.runs;

/** As many runs wait as may. */
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** At a limit. */
  public QueueFullException(int most) {
    super(
        "%,d runs are waiting, and no more may (queued_runs): wait until some have been trained, or cancel some"
            .formatted(most));
  }
}
