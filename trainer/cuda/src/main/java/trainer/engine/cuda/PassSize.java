package trainer.engine.cuda;

/**
 * How much a pass through the network computes at once.
 *
 * @param lanes texts side by side
 * @param steps longest segment
 */
record PassSize(int lanes, int steps) {
  PassSize {
    if (lanes < 1 || steps < 1) {
      throw new IllegalArgumentException(
          lanes + " lanes of " + steps + " characters: at least 1 of each is needed");
    }
  }

  int rows() {
    return Math.multiplyExact(lanes, steps);
  }
}
