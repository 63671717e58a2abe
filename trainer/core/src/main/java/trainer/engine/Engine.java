package trainer.engine;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import trainer.text.Segment;
import trainer.text.Vocabulary;

/**
 * Computes truncated backpropagation through time for one character network. The gradient of a
 * segment is the gradient of its mean loss given the state carried over from the previous segment;
 * no gradient crosses the boundary.
 *
 * <p>An engine may keep parameters and updater state in its own layout: {@link #synchronize} copies
 * them to the network's arrays, {@link #reload} copies them back after the arrays have been
 * changed. Not thread-safe.
 */
public interface Engine extends Inference {

  /**
   * Libraries and device, for logs and provenance, such as {@code nd4j (OpenBLAS, AVX-512, 2
   * threads)}.
   */
  String description();

  /** The model of the GPU; empty for a CPU engine. */
  default Optional<String> gpu() {
    return Optional.empty();
  }

  /**
   * One iteration: forward, backward, clipping, update. The state carries over to the next segment.
   *
   * @param segment with as many lanes as the carried state; the length may vary
   * @param learningRate the rate of this update
   * @param iteration updates made before this one; also selects the dropout masks
   * @throws IllegalArgumentException if the carried state has a different number of lanes
   */
  Step train(Segment segment, double learningRate, int iteration);

  /**
   * Loss and gradient without clipping or update. The gradient is written to the network's gradient
   * view, in the order of the parameters. The state carries over.
   *
   * @throws IllegalArgumentException if the carried state has a different number of lanes
   */
  Step gradient(Segment segment, int iteration);

  /** The state that the next segment starts from; without layers if it is zero. */
  CarriedState carriedState();

  /**
   * Sets the state that the next segment starts from; without layers: zero.
   *
   * @throws IllegalArgumentException if it does not fit the network
   */
  void carriedState(CarriedState state);

  /** Starts the next segment from zero state. */
  void clearState();

  /**
   * Training time so far by phase, in the order of the step. With several threads, that of one
   * thread; empty if not measured.
   */
  default Map<String, Duration> phaseTimes() {
    return Map.of();
  }

  /**
   * Measures the GPU's GEMM throughput in the engine's precision; empty for a CPU engine.
   *
   * @param size rows and columns of each matrix
   * @return floating-point operations per second
   */
  default OptionalDouble productPeak(int size) {
    return OptionalDouble.empty();
  }

  /** Copies parameters and updater state to the network's arrays, if they have changed. */
  void synchronize();

  /** Copies parameters and updater state from the network's arrays. */
  void reload();

  /**
   * Result of one iteration.
   *
   * @param loss mean cross-entropy, nats per character
   * @param gradientNorm L2 norm of the whole gradient before clipping
   */
  record Step(double loss, double gradientNorm) {}

  /** A forward pass with its own hidden state. */
  interface Session extends AutoCloseable {
    /**
     * Reads a segment and scores the predictions of its targets; a target of {@link
     * Segment#NOT_SCORED} is left out.
     */
    Score score(Segment segment);

    /**
     * As {@link #score(Segment)}, and writes down each prediction. The nats of the targets add up
     * to those of the score. This default reads character by character, so that the score may
     * differ from that of {@link #score(Segment)} by rounding; an engine that overrides it returns
     * the same.
     *
     * @param predictions with room for the segment
     */
    default Score score(Segment segment, Predictions predictions) {
      int lanes = segment.lanes();
      int[] characters = new int[lanes];
      Score total = new Score(0, 0, 0);
      for (int t = 0; t < segment.length(); t++) {
        System.arraycopy(segment.inputs(), t * lanes, characters, 0, lanes);
        float[] logProbabilities = next(characters);
        int vocabulary = logProbabilities.length / lanes;
        for (int lane = 0; lane < lanes; lane++) {
          int row = t * lanes + lane;
          int best = 0;
          for (int v = 0; v < vocabulary; v++) {
            float logProbability = logProbabilities[lane * vocabulary + v];
            predictions.probabilities()[row * vocabulary + v] = (float) Math.exp(logProbability);
            best = logProbability > logProbabilities[lane * vocabulary + best] ? v : best;
          }
          int target = segment.targets()[row];
          if (target != Segment.NOT_SCORED) {
            double nats = -logProbabilities[lane * vocabulary + target];
            predictions.nats()[row] = nats;
            total = total.plus(new Score(nats, best == target ? 1 : 0, 1));
          }
        }
      }
      return total;
    }

    /**
     * Reads one character in each lane. With the cpu engine a lane's result is, to the bit, that of
     * a session of this lane alone.
     *
     * @param characters [lanes]
     * @return log-probability of each next character, natural logarithm, [lanes · vocabulary],
     *     reused by the next call
     */
    float[] next(int[] characters);

    /** A copy of the state after the text read so far. */
    CarriedState state();

    /** Resets the state to zero. */
    void clear();

    @Override
    void close();
  }

  /**
   * Quality of predictions.
   *
   * @param nats cross-entropy summed over the characters
   * @param correct characters that were predicted as the most probable
   * @param characters characters scored, unknown ones included
   * @param unknown characters outside the vocabulary
   */
  record Score(double nats, long correct, long characters, long unknown) {

    /** A score without unknown characters. */
    public Score(double nats, long correct, long characters) {
      this(nats, correct, characters, 0);
    }

    /**
     * The score of characters outside the vocabulary: each costs {@link Vocabulary#UNKNOWN_NATS}
     * and is never predicted.
     */
    public static Score ofUnknown(long characters) {
      return new Score(characters * Vocabulary.UNKNOWN_NATS, 0, characters, characters);
    }

    /** The sum of both. */
    public Score plus(Score other) {
      return new Score(
          nats + other.nats,
          correct + other.correct,
          characters + other.characters,
          unknown + other.unknown);
    }

    /** Mean cross-entropy, nats per character. */
    public double loss() {
      return nats / characters;
    }
  }
}
