package trainer.engine.cpu;

import com.sun.jna.Function;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.openblas.presets.openblas_nolapack.SetNumThreads;

/**
 * OpenMP's number of threads for parallel regions of the calling thread, which native libraries
 * use. No JavaCPP preset binds these functions, so we look them up in the OpenMP library that a
 * native library has loaded.
 */
final class OpenMpThreads {
  private static final Function GET;
  private static final SetNumThreads SET;

  static {
    Loader.load(org.bytedeco.openblas.global.openblas_nolapack.class);
    GET = Function.getFunction(new com.sun.jna.Pointer(find("omp_get_max_threads").address()));
    PointerPointer<Pointer> holder = new PointerPointer<>(1);
    holder.put(0, find("omp_set_num_threads"));
    SET = new SetNumThreads(holder);
  }

  private OpenMpThreads() {}

  private static Pointer find(String name) {
    Pointer found = Loader.addressof(name);
    if (found == null || found.isNull()) {
      throw new IllegalStateException(
          "no " + name + " in the process: the OpenMP library (libgomp) is missing");
    }
    return found;
  }

  static int get() {
    return GET.invokeInt(new Object[0]);
  }

  static void set(int threads) {
    SET.call(threads);
  }
}
