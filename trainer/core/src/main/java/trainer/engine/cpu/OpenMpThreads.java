package trainer.engine.cpu;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import org.bytedeco.javacpp.Loader;

/**
 * OpenMP's number of threads for parallel regions of the calling thread, which native libraries
 * use. No JavaCPP preset binds these functions, so we look them up in the OpenMP library that a
 * native library has loaded.
 */
final class OpenMpThreads {
  private static final Function GET = find("omp_get_max_threads");
  private static final Function SET = find("omp_set_num_threads");

  private OpenMpThreads() {}

  private static Function find(String name) {
    if (Loader.addressof(name) == null) {
      Loader.load(org.bytedeco.dnnl.global.dnnl.class); // OpenBLAS comes without OpenMP
    }
    org.bytedeco.javacpp.Pointer found = Loader.addressof(name);
    if (found == null || found.isNull()) {
      throw new IllegalStateException(
          "no " + name + " in the process: the OpenMP library (libgomp) is missing");
    }
    return Function.getFunction(new Pointer(found.address()));
  }

  static int get() {
    return GET.invokeInt(new Object[0]);
  }

  static void set(int threads) {
    SET.invokeVoid(new Object[] {threads});
  }
}
