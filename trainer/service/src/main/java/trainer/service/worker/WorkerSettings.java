package trainer.service.worker;

import java.time.Duration;
import java.util.List;

/**
 * How a worker works.
 *
 * @param slots where it trains, one run in each, at least one
 * @param lease after this time without a sign of life its runs are given to others
 * @param renewal time between two signs of life, a small part of the lease
 * @param poll time between two looks at the queue
 * @param retries how often a run may fail before it is given up
 * @param firstBackOff wait before the first retry; it doubles with each
 * @param grace time for a process to leave a checkpoint when it is asked to stop
 */
public record WorkerSettings(
    List<Slot> slots,
    Duration lease,
    Duration renewal,
    Duration poll,
    int retries,
    Duration firstBackOff,
    Duration grace) {
  private static final int DOUBLINGS = 5;

  /** Checks the ranges. */
  public WorkerSettings {
    if (slots.isEmpty()) {
      throw new IllegalArgumentException("slots: there must be at least one");
    }
    slots = List.copyOf(slots);
    if (renewal.multipliedBy(2).compareTo(lease) > 0) {
      throw new IllegalArgumentException(
          "renewal %s: must be at most half the lease, %s".formatted(renewal, lease));
    }
  }

  /** What suits runs of minutes to days: a dead node's runs are back in the queue after 20 s. */
  public static WorkerSettings withSlots(List<Slot> slots) {
    return new WorkerSettings(
        slots,
        Duration.ofSeconds(20),
        Duration.ofSeconds(5),
        Duration.ofSeconds(1),
        5,
        Duration.ofSeconds(10),
        Duration.ofSeconds(60));
  }

  /** How long to wait after so many earlier failures. */
  public Duration backOff(int failures) {
    return firstBackOff.multipliedBy(1L << Math.min(failures, DOUBLINGS));
  }
}
