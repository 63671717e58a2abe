package trainer.service.runs;

import java.util.Locale;

/** The queue has reached {@code queued_runs}. */
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public QueueFullException(int most) {
    super(
        String.format(
            Locale.ROOT,
            "%,d runs are waiting, the limit (queued_runs): wait until some are trained, or cancel some",
            most));
  }
}
