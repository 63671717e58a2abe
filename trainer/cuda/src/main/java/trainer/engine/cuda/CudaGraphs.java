package trainer.engine.cuda;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import trainer.cuda.Gpu;

/**
 * CUDA graphs of repeated work, by key. The first run makes the calls directly, because cuBLAS
 * loads code at first use; the second captures them in a graph; from then on the graph is launched.
 * With graphs switched off, every run makes the calls.
 */
final class CudaGraphs<K> implements AutoCloseable {
  private final Device device;
  private final Set<K> called = new HashSet<>();
  private final Map<K, Gpu.Graph> captured = new HashMap<>();

  CudaGraphs(Device device) {
    this.device = device;
  }

  /** Runs the work, which must make the same calls for the same key. */
  void run(K key, Runnable work) {
    if (called.add(key) || !device.settings().graphs()) {
      work.run();
      return;
    }
    captured.computeIfAbsent(key, k -> device.gpu().capture(work)).launch();
  }

  @Override
  public void close() {
    captured.values().forEach(Gpu.Graph::close);
    captured.clear();
  }
}
