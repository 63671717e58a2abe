package trainer.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.lang.ref.Reference;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/** The loaded kernels, and their launches. */
public final class Kernels implements AutoCloseable {
  /** Threads of a block of an element-wise kernel. */
  private static final int THREADS = 256;

  /** Threads of a warp, which share a row. */
  private static final int WARP = 32;

  /** Block size of the column sums, as in sums.cu. */
  private static final int SUM_COLUMNS = 32;

  private static final int SUM_ROWS = 16;

  /** Blocks of a cluster on every GPU that has clusters. */
  private static final int PORTABLE_CLUSTER = 8;

  /** sizeof(CUlaunchConfig): sizes of grid and block, shared memory, stream, attributes. */
  private static final int LAUNCH_BYTES = 56;

  /** Room for the messages of the driver's compiler. */
  private static final int LOG_BYTES = 8192;

  private final Gpu gpu;
  private final Pointer module;
  private final Map<String, Pointer> functions = new HashMap<>();

  /**
   * @param image compiled kernels
   */
  public Kernels(Gpu gpu, byte[] image) {
    this.gpu = gpu;
    PointerByReference loaded = new PointerByReference();
    try (Memory log = new Memory(LOG_BYTES)) {
      log.clear();
      int[] options = {DriverFunctions.JIT_ERROR_LOG, DriverFunctions.JIT_ERROR_LOG_BYTES};
      Pointer[] values = {log, Pointer.createConstant(LOG_BYTES)};
      int result = gpu.functions().cuModuleLoadDataEx(loaded, image, 2, options, values);
      String messages = log.getString(0).strip();
      gpu.check("cuModuleLoadDataEx" + (messages.isEmpty() ? "" : ", " + messages + ","), result);
    }
    module = loaded.getValue();
  }

  /**
   * Launches a kernel with one thread per element.
   *
   * @param arguments Long for addresses, Integer, Float, or a List of these for a struct
   */
  public void forElements(String kernel, int elements, Object... arguments) {
    launch(kernel, blocks(elements, THREADS), 1, THREADS, 1, 0, arguments);
  }

  /** Launches a kernel with one warp per row. */
  public void forRows(String kernel, int rows, Object... arguments) {
    launch(kernel, blocks(rows, THREADS / WARP), 1, THREADS, 1, 0, arguments);
  }

  /** Launches a kernel that sums columns, with the rows divided into {@code parts}. */
  public void forColumns(String kernel, int columns, int parts, Object... arguments) {
    launch(kernel, blocks(columns, SUM_COLUMNS), parts, SUM_COLUMNS, SUM_ROWS, 0, arguments);
  }

  /** Launches a kernel that sums columns for each group of rows. */
  public void forGroups(String kernel, int groups, int columns, Object... arguments) {
    launch(kernel, groups, blocks(columns, SUM_COLUMNS), SUM_COLUMNS, SUM_ROWS, 0, arguments);
  }

  /** Launches a kernel with {@code blocks} of 256 threads. */
  public void forBlocks(String kernel, int blocks, Object... arguments) {
    launch(kernel, blocks, 1, THREADS, 1, 0, arguments);
  }

  /**
   * Launches a kernel that is compiled for clusters of blocks, which may wait for each other. Call
   * {@link #clustersRunAtOnce} before.
   */
  public void forClusters(String kernel, int blocks, int sharedBytes, Object... arguments) {
    launch(kernel, blocks, 1, THREADS, 1, sharedBytes, arguments);
  }

  /**
   * Whether {@code blocks} of 256 threads, each with {@code sharedBytes} of shared memory, fit on
   * the GPU at the same time. Call it before {@link #forBlocksAtOnce}.
   */
  public boolean runsAtOnce(String kernel, int blocks, int sharedBytes) {
    Pointer function = withSharedMemory(kernel);
    IntByReference ofMultiprocessor = new IntByReference();
    gpu.check(
        "cuOccupancyMaxActiveBlocksPerMultiprocessor of " + kernel,
        gpu.functions()
            .cuOccupancyMaxActiveBlocksPerMultiprocessor(
                ofMultiprocessor, function, THREADS, sharedBytes));
    return blocks <= ofMultiprocessor.getValue() * gpu.properties().multiprocessors();
  }

  /**
   * Whether the clusters of {@code blocks} of 256 threads, each with {@code sharedBytes} of shared
   * memory, fit on the GPU at the same time. Call it before {@link #forClusters}.
   *
   * @param cluster blocks of a cluster, for which the kernel is compiled
   */
  public boolean clustersRunAtOnce(String kernel, int blocks, int cluster, int sharedBytes) {
    Pointer function = withSharedMemory(kernel);
    if (cluster > PORTABLE_CLUSTER
        && refuses(
            "cuFuncSetAttribute of " + kernel,
            gpu.functions().cuFuncSetAttribute(function, DriverFunctions.LARGE_CLUSTERS, 1))) {
      return false;
    }
    IntByReference clusters = new IntByReference();
    try (Memory launch = new Memory(LAUNCH_BYTES)) {
      launch.clear();
      int[] sizes = {blocks, 1, 1, THREADS, 1, 1, sharedBytes};
      launch.write(0, sizes, 0, sizes.length);
      return !refuses(
              "cuOccupancyMaxActiveClusters of " + kernel,
              gpu.functions().cuOccupancyMaxActiveClusters(clusters, function, launch))
          && blocks <= clusters.getValue() * cluster;
    }
  }

  /** Whether the GPU has no clusters of the size. */
  private boolean refuses(String call, int result) {
    if (result == DriverFunctions.ERROR_INVALID_CLUSTER_SIZE
        || result == DriverFunctions.ERROR_INVALID_VALUE) {
      return true;
    }
    gpu.check(call, result);
    return false;
  }

  /** A kernel that may use all shared memory: layers of different sizes share it. */
  private Pointer withSharedMemory(String kernel) {
    Pointer function = function(kernel);
    gpu.check(
        "cuFuncSetAttribute of " + kernel,
        gpu.functions()
            .cuFuncSetAttribute(
                function, DriverFunctions.MOST_SHARED_MEMORY, gpu.properties().sharedMemory()));
    return function;
  }

  /** Launches a kernel cooperatively: its {@code blocks} of 256 threads may wait for each other. */
  public void forBlocksAtOnce(String kernel, int blocks, int sharedBytes, Object... arguments) {
    Pointer function = function(kernel);
    call(
        "cuLaunchCooperativeKernel of " + kernel,
        written ->
            gpu.functions()
                .cuLaunchCooperativeKernel(
                    function, blocks, 1, 1, THREADS, 1, 1, sharedBytes, gpu.stream(), written),
        arguments);
  }

  private static int blocks(int items, int ofBlock) {
    return (items + ofBlock - 1) / ofBlock;
  }

  private void launch(
      String kernel,
      int gridX,
      int gridY,
      int blockX,
      int blockY,
      int sharedBytes,
      Object... arguments) {
    Pointer function = function(kernel);
    call(
        "cuLaunchKernel of " + kernel,
        written ->
            gpu.functions()
                .cuLaunchKernel(
                    function,
                    gridX,
                    gridY,
                    1,
                    blockX,
                    blockY,
                    1,
                    sharedBytes,
                    gpu.stream(),
                    written,
                    null),
        arguments);
  }

  /** Calls a launch function with the written arguments. */
  private void call(String name, ToIntFunction<Pointer> call, Object... arguments) {
    KernelArguments written = new KernelArguments(arguments);
    try {
      gpu.check(name, call.applyAsInt(written.pointers()));
    } finally {
      Reference.reachabilityFence(written);
    }
  }

  private Pointer function(String kernel) {
    return functions.computeIfAbsent(
        kernel,
        name -> {
          PointerByReference function = new PointerByReference();
          gpu.check(
              "cuModuleGetFunction of " + name,
              gpu.functions().cuModuleGetFunction(function, module, name));
          return function.getValue();
        });
  }

  @Override
  public void close() {
    gpu.checkFreed("cuModuleUnload", gpu.functions().cuModuleUnload(module));
  }
}
