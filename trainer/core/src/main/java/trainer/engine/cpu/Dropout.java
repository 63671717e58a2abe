package trainer.engine.cpu;

import trainer.engine.DropoutMask;
import trainer.engine.Lanes;

/** Dropout of one layer's outputs, for one thread's units. */
final class Dropout {
  private final long seed;
  private final int layer;
  private final double probability;
  private final float scale;
  private final int size;
  private final Units units;
  private final Lanes lanes;
  private final float[][] factors; // [step][lanes·units], 0 or 1 / (1 - p)
  private final float[] outputs;
  private long key;

  Dropout(long seed, int layer, double probability, int size, Units units, Lanes lanes, int steps) {
    this.seed = seed;
    this.layer = layer;
    this.probability = probability;
    this.size = size;
    this.units = units;
    this.lanes = lanes;
    scale = (float) (1 / (1 - probability));
    factors = new float[steps][lanes.count() * units.count()];
    outputs = new float[lanes.count() * units.count()];
  }

  /** Selects the masks of an iteration. */
  void start(int iteration) {
    key = DropoutMask.key(seed, iteration, layer);
  }

  /** The outputs of a step: its states with dropout. */
  float[] apply(int step, float[] states) {
    float[] factor = factors[step];
    int count = units.count();
    long element = ((long) step * lanes.all() + lanes.first()) * size + units.first();
    for (int at = 0; at < factor.length; at += count, element += size) {
      for (int j = 0; j < count; j++) {
        factor[at + j] = DropoutMask.keep(key, element + j, probability) ? scale : 0f;
      }
    }
    ElementwiseOps.product(states, factor, outputs, 0, outputs.length);
    return outputs;
  }

  /** Turns the gradient of a step's outputs into that of its states. */
  void backward(int step, float[] gradient) {
    ElementwiseOps.multiply(gradient, factors[step], 0, gradient.length);
  }
}
