package trainer.text;

/** Counts keys from 0 to 2⁶³ - 2 in an open-addressing hash table, about 24 bytes per key. */
final class CountTable {
  private long[] keys = new long[1 << 10]; // key + 1; 0: empty
  private int[] counts = new int[1 << 10];
  private int size;

  /** Number of distinct keys. */
  int size() {
    return size;
  }

  /** Increments a key's count and returns it. */
  int increment(long key) {
    int slot = slot(key);
    if (keys[slot] == 0) {
      if (2 * size >= keys.length) {
        grow();
        slot = slot(key);
      }
      keys[slot] = key + 1;
      size++;
    }
    return ++counts[slot];
  }

  /** The key's count, possibly 0. */
  int get(long key) {
    return counts[slot(key)];
  }

  private int slot(long key) {
    // Fibonacci hashing: the high bits of the product are well mixed.
    int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> Long.numberOfLeadingZeros(keys.length - 1L));
    while (keys[slot] != 0 && keys[slot] != key + 1) {
      slot = (slot + 1) & (keys.length - 1);
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldCounts = counts;
    keys = new long[2 * oldKeys.length];
    counts = new int[keys.length];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != 0) {
        int slot = slot(oldKeys[i] - 1);
        keys[slot] = oldKeys[i];
        counts[slot] = oldCounts[i];
      }
    }
  }
}
