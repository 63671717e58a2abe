package trainer.cuda;

import com.sun.jna.Memory;

/** Synchronous copies of arrays between the heap and the GPU. */
public final class Transfers {
  private Transfers() {}

  public static void upload(Gpu gpu, float[] from, long to) {
    try (Memory memory = new Memory((long) from.length * Float.BYTES)) {
      memory.write(0, from, 0, from.length);
      gpu.copyToDevice(to, memory, memory.size());
      gpu.synchronize();
    }
  }

  public static float[] download(Gpu gpu, long from, int count) {
    try (Memory memory = new Memory((long) count * Float.BYTES)) {
      gpu.copyToHost(memory, from, memory.size());
      gpu.synchronize();
      return memory.getFloatArray(0, count);
    }
  }
}
