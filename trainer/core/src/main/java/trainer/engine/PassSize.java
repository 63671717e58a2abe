package trainer.engine;

/**
 * How much a pass through the network computes at once.
 *
 * @param lanes texts side by side
 * @param steps longest segment
 */
record PassSize(int lanes, int steps) {
  /** A product of the layers' inputs for more steps than this would leave the cache. */
  static final int STEPS_PER_PRODUCT = 16;

  PassSize {
    if (lanes < 1 || steps < 1) {
      throw new IllegalArgumentException(
          lanes + " lanes of " + steps + " characters: at least 1 of each is needed");
    }
  }

  /** Steps of one input product; the last product of a segment may reach beyond its end. */
  int stepsPerProduct() {
    int products = (steps + STEPS_PER_PRODUCT - 1) / STEPS_PER_PRODUCT;
    return (steps + products - 1) / products;
  }

  /** The steps of whole products. */
  int paddedSteps() {
    int chunk = stepsPerProduct();
    return (steps + chunk - 1) / chunk * chunk;
  }

  int rows() {
    return lanes * steps;
  }
}
