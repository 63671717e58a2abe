package trainer.service.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The newest texts of a run, oldest first: at most 1,000 texts and 1,000,000 characters. Not
 * thread-safe.
 */
final class Newest<T> {
  /** Maximum characters of one text; callers truncate longer ones. */
  static final int MOST_CHARACTERS_OF_ONE = 100_000;

  private static final int MOST = 1000;
  private static final int MOST_CHARACTERS = 1_000_000;

  private final Deque<T> kept = new ArrayDeque<>();
  private final ToIntFunction<T> length;
  private int characters;
  private long dropped;

  /**
   * @param length of a text in characters
   */
  Newest(ToIntFunction<T> length) {
    this.length = length;
  }

  void add(T text) {
    kept.add(text);
    characters += length.applyAsInt(text);
    while (kept.size() > MOST || characters > MOST_CHARACTERS) {
      characters -= length.applyAsInt(kept.remove());
      dropped++;
    }
  }

  void clear() {
    kept.clear();
    characters = 0;
    dropped = 0;
  }

  /** Number added, including evicted ones. */
  long count() {
    return dropped + kept.size();
  }

  List<T> all() {
    return List.copyOf(kept);
  }

  /**
   * @param seen earlier {@link #count}
   */
  List<T> after(long seen) {
    return kept.stream().skip(Math.max(0, seen - dropped)).toList();
  }
}
