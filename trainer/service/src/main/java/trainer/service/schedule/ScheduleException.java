package trainer.service.schedule;

/** What is asked of a schedule does not go with what there is. */
public final class ScheduleException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With a complete message. */
  public ScheduleException(String message) {
    super(message);
  }
}
