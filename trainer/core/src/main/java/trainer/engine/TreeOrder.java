package trainer.engine;

/**
 * The order of sums over lane groups: neighbours in pairs, then pairs of pairs. Whoever has 2ⁿ
 * neighbours adds them alone, and the sum of all is the same, whatever n is.
 */
public final class TreeOrder {
  private TreeOrder() {}

  /** Adds one term to another. */
  public interface Addition {
    void add(int to, int from);
  }

  /** Adds {@code count} terms in order; the sum is in term 0. */
  public static void each(int count, Addition addition) {
    for (int distance = 1; distance < count; distance *= 2) {
      for (int to = 0; to + distance < count; to += 2 * distance) {
        addition.add(to, to + distance);
      }
    }
  }

  /** The sum of numbers. */
  public static double sum(double... terms) {
    double[] sums = terms.clone();
    each(sums.length, (to, from) -> sums[to] += sums[from]);
    return sums[0];
  }
}
