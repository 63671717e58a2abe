package trainer.service.schedule;

/** A request conflicts with the state of a schedule; the message is complete. */
public final class ScheduleException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ScheduleException(String message) {
    super(message);
  }
}
