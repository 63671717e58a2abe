package trainer.service.live;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** A cache with a short time to live; a value is computed once per period. Thread-safe. */
public final class Recent<K, V> {
  private final long nanos;
  private final int most;
  private final Map<K, Made<V>> made = new ConcurrentHashMap<>();

  private record Made<V>(V value, long atNanos) {}

  /**
   * @param milliseconds time to live
   * @param most maximum number of values; others are computed each time
   */
  public Recent(long milliseconds, int most) {
    this.nanos = milliseconds * 1_000_000;
    this.most = most;
  }

  /** The cached or computed value. */
  public V get(K key, Function<? super K, ? extends V> make) {
    Made<V> last = made.get(key);
    if (last != null && isRecent(last)) {
      return last.value();
    }
    made.values().removeIf(each -> !isRecent(each));
    if (made.size() >= most) {
      return make.apply(key);
    }
    // Concurrent callers wait for this computation.
    return made.computeIfAbsent(key, k -> new Made<>(make.apply(k), System.nanoTime())).value();
  }

  private boolean isRecent(Made<V> each) {
    return System.nanoTime() - each.atNanos() < nanos;
  }
}
