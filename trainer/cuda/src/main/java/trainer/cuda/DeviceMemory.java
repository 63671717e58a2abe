package trainer.cuda;

import java.util.ArrayList;
import java.util.List;

/** Owns GPU memory and mapped host memory, and frees them when closed. */
public final class DeviceMemory implements AutoCloseable {
  private final Gpu gpu;
  private final List<Long> owned = new ArrayList<>();
  private final List<HostMemory> hostMemory = new ArrayList<>();

  public DeviceMemory(Gpu gpu) {
    this.gpu = gpu;
  }

  /** A zero matrix without padding. */
  public Matrix matrix(int rows, int columns) {
    return new Matrix(bytes(Float.BYTES * (long) rows * columns), rows, columns, columns);
  }

  /** Zeroed memory. */
  public long bytes(long count) {
    long address = gpu.allocate(Math.max(count, Long.BYTES));
    owned.add(address);
    return address;
  }

  /** Mapped host memory. */
  public HostMemory host(long bytes) {
    HostMemory memory = HostMemory.allocate(gpu, bytes);
    hostMemory.add(memory);
    return memory;
  }

  @Override
  public void close() {
    gpu.settle();
    owned.forEach(gpu::free);
    owned.clear();
    hostMemory.forEach(HostMemory::close);
    hostMemory.clear();
  }
}
