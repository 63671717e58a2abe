package trainer.training;

import java.util.Optional;
import trainer.engine.Engine;
import trainer.text.Lanes;
import trainer.text.Segment;

/** Computes the loss on a whole split, from zero state, with state carried between segments. */
public final class Evaluator {
  private final Engine engine;
  private final Lanes lanes;

  /** Evaluates the engine's current parameters at each call. */
  public Evaluator(Engine engine, Lanes lanes) {
    this.engine = engine;
    this.lanes = lanes;
  }

  /**
   * Makes one pass over the split.
   *
   * @return the score over all its characters; empty if stopped
   */
  public Optional<Engine.Score> evaluate(StopSignal stop) {
    Engine.Score total = new Engine.Score(0, 0, 0);
    try (Engine.Session session = engine.session(lanes.lanes())) {
      Segment segment = new Segment(lanes.length(0), lanes.lanes());
      for (long k = 0; k < lanes.segments(); k++) {
        if (stop.requested()) {
          return Optional.empty();
        }
        if (lanes.length(k) != segment.length()) {
          segment = new Segment(lanes.length(k), lanes.lanes());
        }
        lanes.read(k, segment);
        total = total.plus(session.score(segment));
      }
    }
    return Optional.of(total);
  }
}
