package trainer.engine;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import trainer.text.Segment;

/**
 * Computes truncated backpropagation through time for one character network. The gradient of a
 * segment is the gradient of that segment's mean loss given the state carried in from the segment
 * before; no gradient crosses the boundary.
 *
 * <p>An engine may keep parameters and updater state in a layout of its own: {@link #synchronize}
 * brings the network's arrays up to date, {@link #reload} reads them after something else has
 * changed them. Not safe for several threads.
 */
public interface Engine extends AutoCloseable {

  /**
   * What runs where, for logs and provenance, such as {@code nd4j (OpenBLAS, AVX-512, 2 threads)}.
   */
  String description();

  /** The model of the GPU that computes; empty where the processors do. */
  default Optional<String> gpu() {
    return Optional.empty();
  }

  /**
   * One iteration: forward, backward, clipping, update. Carries the state on to the next segment.
   *
   * @param segment lanes as in the state carried in; the length may differ from call to call
   * @param learningRate the rate of this update
   * @param iteration updates made before this one, which also numbers the dropout masks
   * @throws IllegalArgumentException if the state carried in has another number of lanes
   */
  Step train(Segment segment, double learningRate, int iteration);

  /**
   * Loss and gradient without clipping or update; the gradient is left in the network's gradient
   * view, laid out as its parameters. Carries the state on.
   *
   * @throws IllegalArgumentException if the state carried in has another number of lanes
   */
  Step gradient(Segment segment, int iteration);

  /** The state that the next segment starts from; without layers before the first segment: zero. */
  CarriedState carriedState();

  /**
   * Sets the state that the next segment starts from; without layers: zero.
   *
   * @throws IllegalArgumentException if it is that of other layers
   */
  void carriedState(CarriedState state);

  /** Starts the next segment from zero state. */
  void clearState();

  /**
   * Opens a forward pass with a state of its own, starting from zero, over the parameters as they
   * are at each call. Training's carried state is never touched.
   *
   * @param lanes texts side by side
   */
  Session session(int lanes);

  /**
   * Time that training has taken so far by parts of the step, in the order of the step; of one
   * thread where several compute, and empty where it is not measured.
   */
  default Map<String, Duration> phaseTimes() {
    return Map.of();
  }

  /**
   * Measures how fast the GPU multiplies large matrices in the engine's precision; empty where the
   * processors compute.
   *
   * @param size rows and columns of each matrix
   * @return floating-point operations a second
   */
  default OptionalDouble productPeak(int size) {
    return OptionalDouble.empty();
  }

  /** Brings the network's parameters and updater state up to date. */
  void synchronize();

  /** Takes over the network's parameters and updater state. */
  void reload();

  @Override
  void close();

  /**
   * What one iteration found.
   *
   * @param loss mean cross-entropy, nats per character
   * @param gradientNorm L2 norm of the whole gradient before clipping
   */
  record Step(double loss, double gradientNorm) {}

  /** A forward pass that remembers what it has read. */
  interface Session extends AutoCloseable {
    /** Reads a segment and scores its targets. */
    Score score(Segment segment);

    /**
     * Reads one character in each lane.
     *
     * @param characters [lanes]
     * @return natural logarithm of the probability of each next character, [lanes · vocabulary],
     *     reused by the next call
     */
    float[] next(int[] characters);

    /** Forgets what was read. */
    void clear();

    @Override
    void close();
  }

  /**
   * How well targets were predicted.
   *
   * @param nats cross-entropy summed over the characters
   * @param correct characters that were the most probable one
   * @param characters characters scored
   */
  record Score(double nats, long correct, long characters) {

    /** The sum of both. */
    public Score plus(Score other) {
      return new Score(nats + other.nats, correct + other.correct, characters + other.characters);
    }

    /** Mean cross-entropy, nats per character. */
    public double loss() {
      return nats / characters;
    }
  }
}
