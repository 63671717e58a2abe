package trainer.engine;

/**
 * Size of a pass through the network.
 *
 * @param lanes texts read in parallel
 * @param steps length of the longest segment
 */
public record PassSize(int lanes, int steps) {
  /** Most steps of one input product: the result of more would not fit the cache. */
  public static final int STEPS_PER_PRODUCT = 16;

  public PassSize {
    if (lanes < 1 || steps < 1) {
      throw new IllegalArgumentException(
          lanes + " lanes of " + steps + " characters: at least 1 of each is needed");
    }
  }

  /** Steps of one input product; the last product of a segment may extend past its end. */
  public int stepsPerProduct() {
    int products = (steps + STEPS_PER_PRODUCT - 1) / STEPS_PER_PRODUCT;
    return (steps + products - 1) / products;
  }

  /** Steps rounded up to whole products. */
  public int paddedSteps() {
    int chunk = stepsPerProduct();
    return (steps + chunk - 1) / chunk * chunk;
  }

  /** Lanes times steps. */
  public int rows() {
    return Math.multiplyExact(lanes, steps);
  }
}
