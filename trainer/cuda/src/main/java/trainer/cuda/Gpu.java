package trainer.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open GPU: its context and a stream, which runs work in submission order. A second stream runs
 * work {@link #aside}. Not thread-safe, but not bound to one thread either.
 *
 * <p>After a fault of a kernel, the driver refuses every later call of this process. The GPU is
 * then lost: freeing does nothing, and it cannot be opened again.
 */
public final class Gpu implements AutoCloseable {
  /** Advice when memory is short. */
  public static final String LESS_MEMORY =
      "lower training.batch_size, training.sequence_length or the size of the layers, or stop other"
          + " programs on the GPU";

  private static final Logger LOG = LoggerFactory.getLogger(Gpu.class);

  /** Longest wait for submitted work: no step of a network that fits takes as long. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** A longer wait gives the processor to other threads. */
  private static final long SPIN_NANOS = 2_000_000;

  private static final long PAUSE_NANOS = 50_000;

  /** The lost GPUs of this process, each with its fault. */
  private static final Map<GpuProperties, String> LOST = new ConcurrentHashMap<>();

  private final CudaDriver driver;
  private final DriverFunctions functions;
  private final GpuProperties properties;
  private final Pointer context;
  private final Pointer stream;
  private final Pointer side;
  private final Pointer event;
  private boolean aside; // whether work is submitted to the second stream
  private boolean
      forked; // whether the second stream may have work that the first does not wait for
  private Duration patience = PATIENCE;

  private Gpu(CudaDriver driver, GpuProperties properties, Pointer context, Pointer[] made) {
    this.driver = driver;
    functions = driver.functions();
    this.properties = properties;
    this.context = context;
    stream = made[0];
    side = made[1];
    event = made[2];
  }

  /**
   * Opens a GPU.
   *
   * @throws CudaException if it cannot be used, for example because another process holds it
   *     exclusively
   */
  public static Gpu open(CudaDriver driver, GpuProperties properties) {
    String fault = LOST.get(properties);
    if (fault != null) {
      throw new CudaException(properties.text() + " failed: " + fault);
    }
    DriverFunctions functions = driver.functions();
    PointerByReference context = new PointerByReference();
    int result = functions.cuDevicePrimaryCtxRetain(context, properties.device());
    if (result == DriverFunctions.ERROR_DEVICE_UNAVAILABLE) {
      throw new CudaException(properties.text() + " is held exclusively by another process");
    }
    driver.check("cuDevicePrimaryCtxRetain", result);
    try {
      driver.check("cuCtxSetCurrent", functions.cuCtxSetCurrent(context.getValue()));
      PointerByReference made = new PointerByReference();
      Pointer[] all = new Pointer[3];
      for (int i = 0; i < 2; i++) {
        driver.check(
            "cuStreamCreate", functions.cuStreamCreate(made, DriverFunctions.STREAM_NON_BLOCKING));
        all[i] = made.getValue();
      }
      driver.check(
          "cuEventCreate", functions.cuEventCreate(made, DriverFunctions.EVENT_DISABLE_TIMING));
      all[2] = made.getValue();
      return new Gpu(driver, properties, context.getValue(), all);
    } catch (CudaException e) {
      functions.cuDevicePrimaryCtxRelease_v2(properties.device());
      throw e;
    }
  }

  public GpuProperties properties() {
    return properties;
  }

  /** The newest CUDA version that the driver supports. */
  public int driverVersion() {
    return driver.version();
  }

  public DriverFunctions functions() {
    return functions;
  }

  /** The stream that work is submitted to. */
  Pointer stream() {
    return aside ? side : stream;
  }

  Pointer mainStream() {
    return stream;
  }

  Pointer sideStream() {
    return side;
  }

  boolean isAside() {
    return aside;
  }

  /**
   * Submits work to a second stream. It runs after everything submitted so far, beside what is
   * submitted next, and before what is submitted after {@link #join}.
   */
  public void aside(Runnable work) {
    check("cuEventRecord", functions.cuEventRecord(event, stream));
    check("cuStreamWaitEvent", functions.cuStreamWaitEvent(side, event, 0));
    forked = true;
    aside = true;
    try {
      work.run();
    } finally {
      aside = false;
    }
  }

  /** Work submitted later waits for the work {@link #aside}. */
  public void join() {
    if (forked) {
      forked = false;
      check("cuEventRecord", functions.cuEventRecord(event, side));
      check("cuStreamWaitEvent", functions.cuStreamWaitEvent(stream, event, 0));
    }
  }

  /**
   * Checks a call's result. A fault loses the GPU.
   *
   * @throws CudaException if it is an error
   */
  public void check(String call, int result) {
    if (CudaDriver.isFault(result)) {
      throw lost(driver.describe(call, result));
    }
    driver.check(call, result);
  }

  /** Checks the result of a call that frees something; on a lost GPU it may fail. */
  public void checkFreed(String call, int result) {
    if (!isLost()) {
      check(call, result);
    }
  }

  /** Whether a fault has made the GPU unusable in this process. */
  public boolean isLost() {
    return LOST.containsKey(properties);
  }

  private CudaException lost(String fault) {
    String message = fault + "; restart the program to use GPU " + properties.ordinal() + " again";
    LOST.put(properties, message);
    return new CudaException(message);
  }

  static void forgetLost() {
    LOST.clear();
  }

  /** Sets the longest wait for submitted work. */
  public void patience(Duration longest) {
    patience = longest;
  }

  /** Makes the context current in the calling thread. Call it at every entry point. */
  public void enter() {
    check("cuCtxSetCurrent", functions.cuCtxSetCurrent(context));
  }

  /**
   * Lets kernels of this GPU, which is current, use the memory of another one, until one of them is
   * released.
   *
   * @return false if they cannot
   */
  public boolean reach(Gpu other) {
    IntByReference can = new IntByReference();
    check(
        "cuDeviceCanAccessPeer",
        functions.cuDeviceCanAccessPeer(can, properties.device(), other.properties.device()));
    if (can.getValue() == 0) {
      return false;
    }
    int result = functions.cuCtxEnablePeerAccess(other.context, 0);
    switch (result) {
      case DriverFunctions.ERROR_PEER_ACCESS_UNSUPPORTED, DriverFunctions.ERROR_TOO_MANY_PEERS -> {
        return false;
      }
      case DriverFunctions.ERROR_PEER_ACCESS_ALREADY_ENABLED -> {
        return true;
      }
      default -> {
        check("cuCtxEnablePeerAccess", result);
        return true;
      }
    }
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
      throw outOfMemory(bytes);
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
        "cuMemsetD32Async",
        functions.cuMemsetD32Async(address, 0, bytes / Integer.BYTES, stream()));
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

  private GpuMemoryException outOfMemory(long bytes) {
    Memory memory = memory();
    return new GpuMemoryException(
        "out of memory on %s: an allocation needs %s, %s of %s are free"
            .formatted(
                properties.text(),
                GpuProperties.gigabytes(bytes),
                GpuProperties.gigabytes(memory.free()),
                GpuProperties.gigabytes(memory.total())));
  }

  void free(long address) {
    checkFreed("cuMemFree", functions.cuMemFree_v2(address));
  }

  public void copyToDevice(long to, Pointer from, long bytes) {
    check("cuMemcpyHtoDAsync", functions.cuMemcpyHtoDAsync_v2(to, from, bytes, stream()));
  }

  public void copyToHost(Pointer to, long from, long bytes) {
    check("cuMemcpyDtoHAsync", functions.cuMemcpyDtoHAsync_v2(to, from, bytes, stream()));
  }

  public void copy(long to, long from, long bytes) {
    check("cuMemcpyDtoDAsync", functions.cuMemcpyDtoDAsync_v2(to, from, bytes, stream()));
  }

  /**
   * Waits for all submitted work.
   *
   * @throws CudaException if some of it failed, or takes longer than the {@link #patience}
   */
  public void synchronize() {
    for (long start = System.nanoTime(); !idle(); checkWait(start)) {
      if (System.nanoTime() - start < SPIN_NANOS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /**
   * Checks how long submitted work has been waited for.
   *
   * @param start a time of {@link System#nanoTime}
   * @throws CudaException if longer than the {@link #patience}: the GPU is lost
   */
  public void checkWait(long start) {
    if (System.nanoTime() - start > patience.toNanos()) {
      throw lost("it has not finished its work in %s s".formatted(patience.toMillis() / 1e3));
    }
  }

  /** Waits for all submitted work before something that it uses is freed. Reports a fault. */
  public void settle() {
    try {
      if (!isLost()) {
        enter();
        join();
        synchronize();
      }
    } catch (CudaException e) {
      if (!isLost()) {
        throw e;
      }
      LOG.warn("{} failed: {}", properties.text(), e.getMessage());
    }
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
    try {
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
      return new Graph(this, executable.getValue());
    } finally {
      forked = false; // what a failed capture has left aside is gone
      if (graph.getValue() != null) {
        functions.cuGraphDestroy(graph.getValue());
      }
    }
  }

  /** A CUDA graph: recorded work, run by one launch. */
  public record Graph(Gpu gpu, Pointer executable) implements AutoCloseable {
    public void launch() {
      gpu.check("cuGraphLaunch", gpu.functions.cuGraphLaunch(executable, gpu.stream));
    }

    @Override
    public void close() {
      gpu.checkFreed("cuGraphExecDestroy", gpu.functions.cuGraphExecDestroy(executable));
    }
  }

  /** Releases the GPU. */
  @Override
  public void close() {
    settle();
    checkFreed("cuEventDestroy", functions.cuEventDestroy_v2(event));
    checkFreed("cuStreamDestroy", functions.cuStreamDestroy_v2(side));
    checkFreed("cuStreamDestroy", functions.cuStreamDestroy_v2(stream));
    checkFreed(
        "cuDevicePrimaryCtxRelease", functions.cuDevicePrimaryCtxRelease_v2(properties.device()));
  }
}
