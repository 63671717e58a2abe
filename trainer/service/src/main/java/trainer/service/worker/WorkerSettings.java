package trainer.service.worker;

import java.time.Duration;
import java.util.List;

/**
 * Settings of a worker.
 *
 * @param slots at least one
 * @param lease time after which runs of a silent worker are requeued
 * @param renewal period of lease renewals, a small part of the lease
 * @param poll period of polling the queue
 * @param retries failures before a run is given up
 * @param firstBackOff delay before the first retry; doubles with each
 * @param grace time for a process to save a checkpoint before it is killed
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

  /** Defaults: a dead node's runs are requeued after 20 s. */
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

  /** Delay before the next retry. */
  public Duration backOff(int failures) {
    return firstBackOff.multipliedBy(1L << Math.min(failures, DOUBLINGS));
  }
}
