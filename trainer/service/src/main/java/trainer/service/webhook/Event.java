package trainer.service.webhook;

import java.util.Optional;
import java.util.stream.Stream;

/** Events that webhooks can subscribe to. */
public enum Event {
  RUN_SUCCEEDED("run.succeeded"),
  RUN_FAILED("run.failed"),
  RUN_CANCELLED("run.cancelled"),
  RUN_INTERRUPTED("run.interrupted"),
  MODEL_PROMOTED("model.promoted"),
  MODEL_ROLLED_BACK("model.rolled_back"),
  MODEL_KEPT("model.kept"),
  SCHEDULE_FAILED("schedule.failed"),
  SWEEP_SUCCEEDED("sweep.succeeded"),
  SWEEP_FAILED("sweep.failed"),
  SWEEP_CANCELLED("sweep.cancelled");

  private final String word;

  Event(String word) {
    this.word = word;
  }

  /** As stored and shown. */
  public String word() {
    return word;
  }

  /** Inverse of {@link #word}; empty for anything else. */
  public static Optional<Event> ofWord(String word) {
    return Stream.of(values()).filter(event -> event.word.equals(word)).findFirst();
  }
}
