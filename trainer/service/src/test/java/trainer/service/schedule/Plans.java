package trainer.service.schedule;

import trainer.service.schedule.SchedulePlan.Missed;
import trainer.service.schedule.SchedulePlan.Start;

/** Plans for tests, which are due once a year. */
public final class Plans {
  private Plans() {}

  /** For a model of the same name, with fresh weights. */
  public static SchedulePlan of(String name, String configuration) {
    return new SchedulePlan(
        name,
        Cron.of("0 0 1 1 *", "UTC"),
        configuration,
        name,
        Start.FRESH,
        true,
        null,
        0,
        1,
        1,
        Missed.ONCE,
        false,
        0);
  }
}
