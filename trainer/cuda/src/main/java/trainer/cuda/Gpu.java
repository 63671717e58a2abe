package trainer.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * An open GPU: its context and one stream, which runs all work in submission order. Not
 * thread-safe, but not bound to one thread either.
 */
public final class Gpu implements AutoCloseable {
  /** Advice when memory is short. */
  public static final String LESS_MEMORY =
      "lower training.batch_size, training.sequence_length or the size of the layers, or stop other"
          + " programs on the GPU";

  private final CudaDriver driver;
  private final DriverFunctions functions;
  private final GpuProperties properties;
  private final Pointer context;
  private final Pointer stream;

  private Gpu(CudaDriver driver, GpuProperties properties, Pointer context, Pointer stream) {
    this.driver = driver;
    functions = driver.functions();
    this.properties = properties;
    this.context = context;
    this.stream = stream;
  }

  /**
   * Opens a GPU.
   *
   * @throws CudaException if it cannot be used, for example because another process holds it
   *     exclusively
   */
  public static Gpu open(CudaDriver driver, GpuProperties properties) {
    DriverFunctions functions = driver.functions();
    PointerByReference context = new PointerByReference();
    int result = functions.cuDevicePrimaryCtxRetain(context, properties.device());
    if (result == DriverFunctions.ERROR_DEVICE_UNAVAILABLE) {
      throw new CudaException(
          "GPU %d (%s) is held exclusively by another process"
              .formatted(properties.ordinal(), properties.name()));
    }
    driver.check("cuDevicePrimaryCtxRetain", result);
    try {
      driver.check("cuCtxSetCurrent", functions.cuCtxSetCurrent(context.getValue()));
      PointerByReference stream = new PointerByReference();
      driver.check(
          "cuStreamCreate", functions.cuStreamCreate(stream, DriverFunctions.STREAM_NON_BLOCKING));
      return new Gpu(driver, properties, context.getValue(), stream.getValue());
    } catch (CudaException e) {
      functions.cuDevicePrimaryCtxRelease_v2(properties.device());
      throw e;
    }
  }

  public GpuProperties properties() {
    return properties;
  }

  public DriverFunctions functions() {
    return functions;
  }

  Pointer stream() {
    return stream;
  }

  public void check(String call, int result) {
    driver.check(call, result);
  }

  /** Makes the context current in the calling thread. Call it at every entry point. */
  public void enter() {
    check("cuCtxSetCurrent", functions.cuCtxSetCurrent(context));
  }

  /**
   * Allocates memory, zeroed.
   *
   * @return the address
   * @throws CudaException if there is not enough memory
   */
  long allocate(long bytes) {
    LongByReference address = new LongByReference();
    int result = functions.cuMemAlloc_v2(address, bytes);
    if (result == DriverFunctions.ERROR_OUT_OF_MEMORY) {
      throw new CudaException(outOfMemory(bytes));
    }
    check("cuMemAlloc", result);
    try {
      clear(address.getValue(), bytes);
    } catch (CudaException e) {
      functions.cuMemFree_v2(address.getValue());
      throw e;
    }
    return address.getValue();
  }

  /** Zeroes memory; {@code bytes} is a multiple of 4. */
  public void clear(long address, long bytes) {
    check(
        "cuMemsetD32Async", functions.cuMemsetD32Async(address, 0, bytes / Integer.BYTES, stream));
  }

  /**
   * The GPU's memory.
   *
   * @param free bytes
   * @param total bytes
   */
  public record Memory(long free, long total) {}

  /** Current free and total memory. */
  public Memory memory() {
    LongByReference free = new LongByReference();
    LongByReference total = new LongByReference();
    check("cuMemGetInfo", functions.cuMemGetInfo_v2(free, total));
    return new Memory(free.getValue(), total.getValue());
  }

  private String outOfMemory(long bytes) {
    Memory memory = memory();
    return "out of memory on GPU %d (%s): an allocation needs %s, %s of %s are free; %s"
        .formatted(
            properties.ordinal(),
            properties.name(),
            GpuProperties.gigabytes(bytes),
            GpuProperties.gigabytes(memory.free()),
            GpuProperties.gigabytes(memory.total()),
            LESS_MEMORY);
  }

  void free(long address) {
    check("cuMemFree", functions.cuMemFree_v2(address));
  }

  public void copyToDevice(long to, Pointer from, long bytes) {
    check("cuMemcpyHtoDAsync", functions.cuMemcpyHtoDAsync_v2(to, from, bytes, stream));
  }

  public void copyToHost(Pointer to, long from, long bytes) {
    check("cuMemcpyDtoHAsync", functions.cuMemcpyDtoHAsync_v2(to, from, bytes, stream));
  }

  public void copy(long to, long from, long bytes) {
    check("cuMemcpyDtoDAsync", functions.cuMemcpyDtoDAsync_v2(to, from, bytes, stream));
  }

  /** Waits for all submitted work. */
  public void synchronize() {
    check("cuStreamSynchronize", functions.cuStreamSynchronize(stream));
  }

  /**
   * Whether all submitted work has completed.
   *
   * @throws CudaException if some of it failed
   */
  public boolean idle() {
    int result = functions.cuStreamQuery(stream);
    if (result == DriverFunctions.ERROR_NOT_READY) {
      return false;
    }
    check("cuStreamQuery", result);
    return true;
  }

  /** Captures the work in a CUDA graph instead of running it. */
  public Graph capture(Runnable work) {
    check(
        "cuStreamBeginCapture",
        functions.cuStreamBeginCapture_v2(stream, DriverFunctions.CAPTURE_THREAD_LOCAL));
    PointerByReference graph = new PointerByReference();
    boolean captured = false;
    try {
      work.run();
      captured = true;
    } finally {
      int result = functions.cuStreamEndCapture(stream, graph);
      if (captured) { // else keep the first error
        check("cuStreamEndCapture", result);
      }
    }
    PointerByReference executable = new PointerByReference();
    check(
        "cuGraphInstantiateWithFlags",
        functions.cuGraphInstantiateWithFlags(executable, graph.getValue(), 0));
    check("cuGraphDestroy", functions.cuGraphDestroy(graph.getValue()));
    return new Graph(this, executable.getValue());
  }

  /** A CUDA graph: recorded work, run by one launch. */
  public record Graph(Gpu gpu, Pointer executable) implements AutoCloseable {
    public void launch() {
      gpu.check("cuGraphLaunch", gpu.functions.cuGraphLaunch(executable, gpu.stream));
    }

    @Override
    public void close() {
      gpu.check("cuGraphExecDestroy", gpu.functions.cuGraphExecDestroy(executable));
    }
  }

  /** Releases the GPU. */
  @Override
  public void close() {
    enter();
    check("cuStreamDestroy", functions.cuStreamDestroy_v2(stream));
    check("cuDevicePrimaryCtxRelease", functions.cuDevicePrimaryCtxRelease_v2(properties.device()));
  }
}
