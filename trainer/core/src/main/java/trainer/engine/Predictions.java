package trainer.engine;

/**
 * What a session predicts for each target of a segment, time-major as the targets.
 *
 * @param nats minus the logarithm of the target's probability, [steps · lanes]; undefined where the
 *     target is not scored
 * @param probabilities of each character of the vocabulary, [steps · lanes · V], also where the
 *     target is not scored
 */
public record Predictions(double[] nats, float[] probabilities) {

  /**
   * Room for the predictions of segments up to some length.
   *
   * @param targets steps times lanes
   */
  public Predictions(int targets, int vocabulary) {
    this(new double[targets], new float[Math.multiplyExact(targets, vocabulary)]);
  }
}
