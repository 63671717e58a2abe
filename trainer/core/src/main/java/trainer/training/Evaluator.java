package trainer.training;

import java.util.Optional;
import trainer.engine.Engine;
import trainer.text.Lanes;
import trainer.text.Segment;

/** Measures how well a network predicts a whole split, from zero state, state carried. */
public final class Evaluator {
  private final Engine engine;
  private final Lanes lanes;

  /** An evaluator of what the engine holds at each call. */
  public Evaluator(Engine engine, Lanes lanes) {
    this.engine = engine;
    this.lanes = lanes;
  }

  /**
   * Reads the split once.
   *
   * @param stop ends the work early
   * @return the score over all its characters; empty if it was stopped
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
