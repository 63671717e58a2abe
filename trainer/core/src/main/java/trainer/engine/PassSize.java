package trainer.engine;

/**
 * How much a pass through the network computes at once.
 *
 * @param lanes texts side by side
 * @param steps longest segment
 */
public record PassSize(int lanes, int steps) {
  /** A product of the layers' inputs for more steps than this would leave the cache. */
  public static final int STEPS_PER_PRODUCT = 16;

  /** Checks both. */
  public PassSize {
    if (lanes < 1 || steps < 1) {
      throw new IllegalArgumentException(
          lanes + " lanes of " + steps + " characters: at least 1 of each is needed");
    }
  }

  /** Steps of one input product; the last product of a segment may reach beyond its end. */
  public int stepsPerProduct() {
    int products = (steps + STEPS_PER_PRODUCT - 1) / STEPS_PER_PRODUCT;
    return (steps + products - 1) / products;
  }

  /** The steps of whole products. */
  public int paddedSteps() {
    int chunk = stepsPerProduct();
    return (steps + chunk - 1) / chunk * chunk;
  }

  /** Lanes times steps. */
  public int rows() {
    return Math.multiplyExact(lanes, steps);
  }
}
