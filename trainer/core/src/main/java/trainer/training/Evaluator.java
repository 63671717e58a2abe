package trainer.training;

import java.util.Optional;
import trainer.engine.Engine;
import trainer.text.EvaluationLanes;

/**
 * Computes the loss on a whole split: each character but the first is scored once, with the hidden
 * state of the text before it. A character outside the vocabulary costs {@link
 * trainer.text.Vocabulary#UNKNOWN_NATS}.
 */
public final class Evaluator {
  private final Engine engine;
  private final EvaluationLanes lanes;

  /** Evaluates the engine's current parameters at each call. */
  public Evaluator(Engine engine, EvaluationLanes lanes) {
    this.engine = engine;
    this.lanes = lanes;
  }

  /**
   * Makes one pass over the split.
   *
   * @return the score over all its characters; empty if stopped
   */
  public Optional<Engine.Score> evaluate(StopSignal stop) {
    Engine.Score total = Engine.Score.ofUnknown(lanes.unknown().count());
    try (Engine.Session session = engine.session(lanes.lanes())) {
      for (long k = 0; k < lanes.segments(); k++) {
        if (stop.requested()) {
          return Optional.empty();
        }
        total = total.plus(session.score(lanes.read(k)));
      }
    }
    return Optional.of(total);
  }
}
