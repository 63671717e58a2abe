package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import trainer.cuda.Gpu;
import trainer.cuda.KernelCache;
import trainer.cuda.Kernels;
import trainer.cuda.Nvrtc;

/** The programs that are loaded on a GPU, by source. */
final class Programs implements AutoCloseable {
  private final Gpu gpu;
  private final KernelCache cache;
  private final Nvrtc compiler;
  private final String target;
  private final Map<String, Kernels> loaded = new HashMap<>();

  /**
   * @param target of the compilation
   */
  Programs(Gpu gpu, KernelCache cache, Nvrtc compiler, String target) {
    this.gpu = gpu;
    this.cache = cache;
    this.compiler = compiler;
    this.target = target;
  }

  /** Compiles a source at its first use, unless the cache has it, and loads it. */
  Kernels of(String source) {
    return loaded.computeIfAbsent(
        source,
        text -> new Kernels(gpu, cache.compiled(text, compiler, gpu.driverVersion(), target)));
  }

  @Override
  public void close() {
    List<Kernels> all = new ArrayList<>(loaded.values());
    loaded.clear();
    all.forEach(Kernels::close);
  }
}
