package trainer.service.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The newest texts of a run, in their order: at most 1,000 with 1,000,000 characters in all,
 * however many there have been. Not safe for several threads.
 */
final class Newest<T> {
  /** Characters that one text should have at most; what is longer is for its owner to cut. */
  static final int MOST_CHARACTERS_OF_ONE = 100_000;

  private static final int MOST = 1000;
  private static final int MOST_CHARACTERS = 1_000_000;

  private final Deque<T> kept = new ArrayDeque<>();
  private final ToIntFunction<T> length;
  private int characters;
  private long dropped;

  /**
   * @param length characters of each
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

  /** Begins again with nothing. */
  void clear() {
    kept.clear();
    characters = 0;
    dropped = 0;
  }

  /** How many there have been. */
  long count() {
    return dropped + kept.size();
  }

  /** Those that are kept. */
  List<T> all() {
    return List.copyOf(kept);
  }

  /**
   * Those of them that are new.
   *
   * @param seen how many there had been
   */
  List<T> after(long seen) {
    return kept.stream().skip(Math.max(0, seen - dropped)).toList();
  }
}
