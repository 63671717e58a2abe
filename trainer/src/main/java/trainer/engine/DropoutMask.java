package trainer.engine;

/**
 * The rule that says which outputs of a layer are dropped, the same in every engine. There is no
 * state: a mask follows from seed, iteration, layer and place alone, so that a resumed run draws
 * the masks it would have drawn.
 *
 * <p>The bits are SplitMix64's (Steele, Lea and Flood, 2014) at a counter. The element of step t,
 * lane b, unit j in a layer of H units and a segment of B lanes is {@code (t * B + b) * H + j}.
 * What is kept is scaled by {@code 1 / (1 - p)} in training, and nothing is dropped or scaled
 * elsewhere (inverted dropout; Srivastava et al., 2014).
 */
public final class DropoutMask {
  private DropoutMask() {}

  /** The key of one layer's mask in one iteration. */
  public static long key(long seed, int iteration, int layer) {
    return mix(seed * 0x9E3779B97F4A7C15L + mix(iteration * 0xD1B54A32D192ED03L + layer));
  }

  /** Whether an element is kept when elements are dropped with the given probability. */
  public static boolean keep(long key, long element, double probability) {
    long bits = mix(key + element * 0x9E3779B97F4A7C15L);
    return (bits >>> 40) * 0x1p-24 >= probability;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
