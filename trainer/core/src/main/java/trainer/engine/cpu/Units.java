package trainer.engine.cpu;

/** The hidden units of a layer that one thread owns; may be none. */
record Units(int first, int count) {

  /** The share of one thread; shares differ by at most one unit. */
  static Units of(int size, int thread, int threads) {
    int first = (int) ((long) size * thread / threads);
    return new Units(first, (int) ((long) size * (thread + 1) / threads) - first);
  }
}
