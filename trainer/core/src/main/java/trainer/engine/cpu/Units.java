package trainer.engine.cpu;

/** The hidden units of a layer that one thread owns; none where a layer has fewer than threads. */
record Units(int first, int count) {

  /** The share of one thread, as equal as can be. */
  static Units of(int size, int thread, int threads) {
    int first = (int) ((long) size * thread / threads);
    return new Units(first, (int) ((long) size * (thread + 1) / threads) - first);
  }
}
