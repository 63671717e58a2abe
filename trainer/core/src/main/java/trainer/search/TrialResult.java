package trainer.search;

/**
 * How far a trial came.
 *
 * @param loss the lowest validation loss, nats per character; NaN if there is none
 * @param bestIteration its iteration
 * @param iterations trained
 * @param charactersPerSecond the median of its training steps; NaN if unknown
 * @param failure why it failed; null if it did not
 */
public record TrialResult(
    Trial trial,
    State state,
    double loss,
    int bestIteration,
    int iterations,
    double charactersPerSecond,
    String failure) {

  /** The possible ends. */
  public enum State {
    /** Trained to the end. */
    FINISHED,
    /** Ended early by successive halving: others were better. */
    DROPPED,
    /** Training failed, such as by divergence. */
    FAILED
  }

  static TrialResult failed(Trial trial, String reason) {
    return new TrialResult(trial, State.FAILED, Double.NaN, 0, 0, Double.NaN, reason);
  }

  TrialResult dropped() {
    return new TrialResult(
        trial, State.DROPPED, loss, bestIteration, iterations, charactersPerSecond, failure);
  }
}
