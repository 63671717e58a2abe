package trainer.training;

import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.engine.Engine;
import trainer.engine.Engine.Score;
import trainer.engine.Inference;
import trainer.engine.Predictions;
import trainer.text.EvaluationLanes;
import trainer.text.Segment;
import trainer.text.Vocabulary;

/**
 * Computes the loss on a whole split: each character but the first is scored once, with the hidden
 * state of the text before it. A character outside the vocabulary costs {@link
 * trainer.text.Vocabulary#UNKNOWN_NATS}.
 *
 * <p>Several lanes must give the loss of one. Each lane but the last ends where the next one is
 * warm, so at that place there are two states: one of the whole lane, one of the warm-up alone. If
 * they differ, the network remembers for longer than the warm-up, and the split is read again in
 * one lane.
 */
public final class Evaluator {
  /** Largest difference of two states that are the same, of values from -1 to 1. */
  private static final double SAME = 1e-3;

  /** The same in roundings of a factor: the errors of a step's products go into the next ones. */
  private static final double SAME_ROUNDED = 32;

  private final Inference network;
  private final EvaluationLanes lanes;

  /** Receives the prediction of each character but the first. */
  @FunctionalInterface
  public interface Listener {
    /**
     * A prediction. Those of one character may come twice, if the split is read again in one lane:
     * the later one counts.
     *
     * @param position of the predicted character in the text
     * @param nats minus the logarithm of its probability
     * @param probabilities of all characters, [V] from {@code at} on, reused later
     */
    void predicted(long position, double nats, float[] probabilities, int at);
  }

  /** Evaluates the engine's current parameters at each call. */
  public Evaluator(Inference network, EvaluationLanes lanes) {
    this.network = network;
    this.lanes = lanes;
  }

  /**
   * Evaluates the split.
   *
   * @return the score over all its characters; empty if stopped
   */
  public Optional<Score> evaluate(StopSignal stop) {
    return evaluate(stop, null);
  }

  /**
   * As {@link #evaluate(StopSignal)}, with the same score.
   *
   * @param listener receives each prediction; their nats add up to the score's
   */
  public Optional<Score> evaluate(StopSignal stop, Listener listener) {
    Predictions predictions =
        listener == null
            ? null
            : new Predictions(EvaluationLanes.LENGTH * lanes.lanes(), lanes.vocabulary());
    Score total = Score.ofUnknown(lanes.unknown().count());
    CarriedState warm = null;
    try (Engine.Session session = network.session(lanes.lanes())) {
      for (long k = 0; k < lanes.segments(); k++) {
        if (stop.requested()) {
          return Optional.empty();
        }
        if (lanes.lanes() > 1 && k == EvaluationLanes.WARM_UP / EvaluationLanes.LENGTH) {
          warm = session.state();
        }
        Segment segment = lanes.read(k);
        total =
            total.plus(
                listener == null ? session.score(segment) : session.score(segment, predictions));
        if (listener != null) {
          notify(listener, k, segment, predictions);
        }
      }
      double same = Math.max(SAME, SAME_ROUNDED * network.precision().rounding());
      if (warm == null || meet(session.state(), warm, same)) {
        return Optional.of(total);
      }
    }
    return new Evaluator(network, lanes.inOne()).evaluate(stop, listener);
  }

  private void notify(Listener listener, long k, Segment segment, Predictions predictions) {
    for (int row = 0; row < segment.characters(); row++) {
      long position = lanes.target(k, row / segment.lanes(), row % segment.lanes());
      if (position >= 0) {
        boolean unknown = segment.targets()[row] == Segment.NOT_SCORED;
        listener.predicted(
            position,
            unknown ? Vocabulary.UNKNOWN_NATS : predictions.nats()[row],
            predictions.probabilities(),
            row * lanes.vocabulary());
      }
    }
  }

  /** Whether each lane ends in the state that the next one had after its warm-up. */
  private static boolean meet(CarriedState end, CarriedState warm, double same) {
    for (int l = 0; l < end.layers().size(); l++) {
      LayerState ended = end.layers().get(l);
      LayerState warmed = warm.layers().get(l);
      // A long-term memory that grows without bound only acts through its tanh.
      DoubleUnaryOperator itself = DoubleUnaryOperator.identity();
      if (!meet(ended.hidden(), warmed.hidden(), ended.size(), itself, same)
          || (ended.cell() != null
              && !meet(ended.cell(), warmed.cell(), ended.size(), Math::tanh, same))) {
        return false;
      }
    }
    return true;
  }

  /**
   * The same of one array.
   *
   * @param end and {@code warm}: [lanes, size]
   * @param same the largest difference
   */
  private static boolean meet(
      double[] end, double[] warm, int size, DoubleUnaryOperator effect, double same) {
    for (int i = size; i < end.length; i++) {
      double ended = effect.applyAsDouble(end[i - size]);
      double warmed = effect.applyAsDouble(warm[i]);
      if (!(Math.abs(warmed - ended) <= same)) { // also if it is not a number
        return false;
      }
    }
    return true;
  }
}
