package trainer.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Page-locked host memory, zeroed and mapped into the GPU's address space.
 *
 * @param buffer the memory, in native byte order
 * @param deviceAddress address on the GPU
 */
public record HostMemory(Gpu gpu, Pointer pointer, ByteBuffer buffer, long deviceAddress)
    implements AutoCloseable {
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  static HostMemory allocate(Gpu gpu, long bytes) {
    PointerByReference allocated = new PointerByReference();
    gpu.check(
        "cuMemHostAlloc",
        gpu.functions().cuMemHostAlloc(allocated, bytes, DriverFunctions.HOST_MEMORY_MAPPED));
    Pointer pointer = allocated.getValue();
    pointer.clear(bytes);
    LongByReference address = new LongByReference();
    gpu.check(
        "cuMemHostGetDevicePointer",
        gpu.functions().cuMemHostGetDevicePointer_v2(address, pointer, 0));
    ByteBuffer buffer = pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    return new HostMemory(gpu, pointer, buffer, address.getValue());
  }

  /** A volatile read of a 64-bit word, which the GPU may write. */
  public long word(int index) {
    return (long) LONGS.getVolatile(buffer, index * Long.BYTES);
  }

  @Override
  public void close() {
    gpu.checkFreed("cuMemFreeHost", gpu.functions().cuMemFreeHost(pointer));
  }
}
