package trainer.service.live;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Values that stay for a moment: what many ask for in that time is made once. Safe for several
 * threads.
 */
public final class Recent<K, V> {
  private final long nanos;
  private final int most;
  private final Map<K, Made<V>> made = new ConcurrentHashMap<>();

  private record Made<V>(V value, long atNanos) {}

  /**
   * @param milliseconds how long a value stays
   * @param most so many are kept; others are made each time
   */
  public Recent(long milliseconds, int most) {
    this.nanos = milliseconds * 1_000_000;
    this.most = most;
  }

  /** The value of a key, made now or a moment ago. */
  public V get(K key, Function<? super K, ? extends V> make) {
    Made<V> last = made.get(key);
    if (last != null && isRecent(last)) {
      return last.value();
    }
    made.values().removeIf(each -> !isRecent(each));
    if (made.size() >= most) {
      return make.apply(key);
    }
    // Whoever asks for it meanwhile waits for this one.
    return made.computeIfAbsent(key, k -> new Made<>(make.apply(k), System.nanoTime())).value();
  }

  private boolean isRecent(Made<V> each) {
    return System.nanoTime() - each.atNanos() < nanos;
  }
}
