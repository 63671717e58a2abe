package trainer.service.webhook;

import java.util.Optional;
import java.util.stream.Stream;

/** What a webhook can be told of. */
public enum Event {
  RUN_SUCCEEDED("run.succeeded"),
  RUN_FAILED("run.failed"),
  RUN_CANCELLED("run.cancelled"),
  RUN_INTERRUPTED("run.interrupted"),
  MODEL_PROMOTED("model.promoted"),
  MODEL_ROLLED_BACK("model.rolled_back"),
  MODEL_KEPT("model.kept"),
  SCHEDULE_FAILED("schedule.failed");

  private final String word;

  Event(String word) {
    this.word = word;
  }

  /** As it is stored and shown. */
  public String word() {
    return word;
  }

  /** Reads what {@link #word} gives; empty for anything else. */
  public static Optional<Event> ofWord(String word) {
    return Stream.of(values()).filter(event -> event.word.equals(word)).findFirst();
  }
}
