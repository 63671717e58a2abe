package trainer.engine;

/**
 * Decides which outputs of a layer dropout keeps. All engines use this rule: it depends on seed,
 * iteration, layer and index only, not on how the work is divided, so the same seed drops the same
 * units on every engine.
 */
public final class DropoutMask {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private DropoutMask() {}

  /**
   * The key of one layer's mask in one iteration.
   *
   * @param seed the network's seed
   * @param iteration updates made before this one
   * @param layer index of the layer, from zero
   */
  public static long key(long seed, long iteration, int layer) {
    return mix(seed * GOLDEN + mix(iteration * 0xD1B54A32D192ED03L + layer));
  }

  /**
   * Whether an output is kept; kept outputs are scaled by {@code 1 / (1 - p)}.
   *
   * @param key from {@link #key}
   * @param element index of the output in the layer's [T,B,H]
   * @param p the probability of being dropped
   */
  public static boolean keep(long key, long element, double p) {
    return (mix(key + element * GOLDEN) >>> 40) * 0x1p-24 >= p;
  }

  /** SplitMix64's finalizer. */
  private static long mix(long z) {
    z ^= z >>> 30;
    z *= 0xBF58476D1CE4E5B9L;
    z ^= z >>> 27;
    z *= 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
