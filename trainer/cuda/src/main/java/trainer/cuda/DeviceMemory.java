package trainer.cuda;

import java.util.ArrayList;
import java.util.List;

/** Owns memory of the GPU, and memory of the host that the GPU reaches, and frees all of it. */
public final class DeviceMemory implements AutoCloseable {
  private final Gpu gpu;
  private final List<Long> owned = new ArrayList<>();
  private final List<HostMemory> hostMemory = new ArrayList<>();

  public DeviceMemory(Gpu gpu) {
    this.gpu = gpu;
  }

  /** A zero matrix without space between its rows. */
  public Matrix matrix(int rows, int columns) {
    return new Matrix(bytes(Float.BYTES * (long) rows * columns), rows, columns, columns);
  }

  /** So many zero bytes. */
  public long bytes(long count) {
    long address = gpu.allocate(Math.max(count, Long.BYTES));
    owned.add(address);
    return address;
  }

  /** Memory of the host that the GPU reads and writes. */
  public HostMemory host(long bytes) {
    HostMemory memory = HostMemory.allocate(gpu, bytes);
    hostMemory.add(memory);
    return memory;
  }

  @Override
  public void close() {
    gpu.enter();
    gpu.synchronize(); // nothing may still use what is freed
    owned.forEach(gpu::free);
    owned.clear();
    hostMemory.forEach(HostMemory::close);
    hostMemory.clear();
  }
}
