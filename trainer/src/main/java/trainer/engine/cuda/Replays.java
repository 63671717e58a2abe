package trainer.engine.cuda;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Work that is done again and again, each kind of it by a key. The first time it is done call by
 * call, which lets the libraries load what they need; the second time it is recorded; from then on
 * one call does all of it.
 */
final class Replays<K> implements AutoCloseable {
  private final Gpu gpu;
  private final Set<K> done = new HashSet<>();
  private final Map<K, Gpu.Graph> recorded = new HashMap<>();

  Replays(Gpu gpu) {
    this.gpu = gpu;
  }

  /** Does the work, which must be the same calls for the same key. */
  void run(K key, Runnable work) {
    if (done.add(key)) {
      work.run();
      return;
    }
    recorded.computeIfAbsent(key, k -> gpu.capture(work)).launch();
  }

  @Override
  public void close() {
    recorded.values().forEach(Gpu.Graph::close);
    recorded.clear();
  }
}
