package trainer.engine.cuda;

import com.sun.jna.Memory;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.Assertions;
import trainer.config.Compute.Precision;
import trainer.cuda.DeviceMemory;
import trainer.cuda.Kernels;
import trainer.cuda.Transfers;

/** Arrays on the emulated GPU. */
final class EmulatedKernels implements AutoCloseable {
  private final Device device = EmulatedCuda.device(Precision.FLOAT32);
  private final DeviceMemory memory = new DeviceMemory(device.gpu());

  Kernels kernels() {
    return device.kernels();
  }

  Device device() {
    return device;
  }

  DeviceMemory memory() {
    return memory;
  }

  /** Copies an array to the GPU; returns its address. */
  long of(float... values) {
    long address = room(values.length);
    Transfers.upload(device.gpu(), values, address);
    return address;
  }

  /** Copies an array to the GPU; returns its address. */
  long of(int... values) {
    long address = room(values.length);
    try (Memory copy = new Memory((long) values.length * Integer.BYTES)) {
      copy.write(0, values, 0, values.length);
      device.gpu().copyToDevice(address, copy, copy.size());
      device.gpu().synchronize();
    }
    return address;
  }

  /** Allocates 32-bit numbers; returns the address. */
  long room(int count) {
    return memory.bytes((long) count * Float.BYTES);
  }

  float[] floats(long address, int count) {
    return Transfers.download(device.gpu(), address, count);
  }

  int[] ints(long address, int count) {
    try (Memory copy = new Memory((long) count * Integer.BYTES)) {
      device.gpu().copyToHost(copy, address, copy.size());
      device.gpu().synchronize();
      return copy.getIntArray(0, count);
    }
  }

  /** Checks the copy of an array: its numbers rounded to bfloat16, ties to even. */
  void assertCopied(String name, float[] array, long copy) {
    short[] expected = new short[array.length];
    for (int i = 0; i < array.length; i++) {
      int bits = Float.floatToRawIntBits(array[i]);
      expected[i] = (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }
    try (Memory found = new Memory((long) array.length * Short.BYTES)) {
      device.gpu().copyToHost(found, copy, found.size());
      device.gpu().synchronize();
      Assertions.assertThat(found.getShortArray(0, array.length))
          .as("copy of %s", name)
          .isEqualTo(expected);
    }
  }

  /** Normally distributed numbers. */
  static float[] random(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Compares with an error relative to the largest of the exact numbers, or to 1 if larger. */
  static void assertClose(String name, float[] actual, double[] exact, double tolerance) {
    Assertions.assertThat(actual).as(name).hasSameSizeAs(exact);
    double largest = Math.max(1, Arrays.stream(exact).map(Math::abs).max().orElse(0));
    for (int i = 0; i < exact.length; i++) {
      Assertions.assertThat((double) actual[i])
          .as("%s[%d]", name, i)
          .isCloseTo(exact[i], Assertions.within(tolerance * largest));
    }
  }

  @Override
  public void close() {
    memory.close();
    device.close();
  }
}
