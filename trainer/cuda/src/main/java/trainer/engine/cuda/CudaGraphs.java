package trainer.engine.cuda;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import trainer.cuda.Gpu;

/**
 * Work that is done again and again, each kind of it by a key. The first time it is done call by
 * call, which lets the libraries load what they need; the second time it is recorded; from then on
 * one call does all of it. Where the settings say so it is always done call by call.
 */
final class CudaGraphs<K> implements AutoCloseable {
  private final Device device;
  private final Set<K> done = new HashSet<>();
  private final Map<K, Gpu.Graph> recorded = new HashMap<>();

  CudaGraphs(Device device) {
    this.device = device;
  }

  /** Does the work, which must be the same calls for the same key. */
  void run(K key, Runnable work) {
    if (done.add(key) || !device.settings().graphs()) {
      work.run();
      return;
    }
    recorded.computeIfAbsent(key, k -> device.gpu().capture(work)).launch();
  }

  @Override
  public void close() {
    recorded.values().forEach(Gpu.Graph::close);
    recorded.clear();
  }
}
