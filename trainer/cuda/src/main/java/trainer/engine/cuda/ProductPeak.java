package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Gpu;
import trainer.cuda.Matrix;
import trainer.cuda.Transfers;

/** Peak GEMM throughput of a GPU in a precision, an upper bound for training. */
final class ProductPeak {
  private static final double SECONDS = 1;
  private static final int FEWEST_PRODUCTS = 10;

  private ProductPeak() {}

  /**
   * The best of repeated products of square matrices.
   *
   * @param size rows and columns of each matrix
   * @return floating-point operations per second
   */
  static double measure(Device device, int size) {
    Gpu gpu = device.gpu();
    try (DeviceMemory memory = new DeviceMemory(gpu)) {
      Matrix left = filled(device, memory, size);
      Matrix right = filled(device, memory, size);
      Matrix result = memory.matrix(size, size);
      double operations = 2.0 * size * size * size;
      double best = 0;
      long begin = System.nanoTime();
      for (int product = 0;
          product < FEWEST_PRODUCTS || System.nanoTime() - begin < SECONDS * 1e9;
          product++) {
        gpu.synchronize();
        long start = System.nanoTime();
        device.products().multiply(left, right, result);
        gpu.synchronize();
        best = Math.max(best, operations / (System.nanoTime() - start) * 1e9);
      }
      return best;
    }
  }

  /** A matrix without zeros: GPUs multiply zeros faster. */
  private static Matrix filled(Device device, DeviceMemory memory, int size) {
    Matrix matrix = device.products().factor(memory, memory.matrix(size, size));
    float[] values = new float[size * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1f / (1 + i % size + i / size);
    }
    Transfers.upload(device.gpu(), values, matrix.address());
    device.copy(matrix);
    return matrix;
  }
}
