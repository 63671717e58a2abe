package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Gpu;
import trainer.cuda.Matrix;
import trainer.cuda.Transfers;

/** How fast a GPU multiplies large matrices in a precision, which no training can exceed. */
final class ProductPeak {
  private static final double SECONDS = 1;
  private static final int FEWEST_PRODUCTS = 10;

  private ProductPeak() {}

  /**
   * The best of some products of square matrices.
   *
   * @param size rows and columns of each matrix
   * @return floating-point operations a second
   */
  static double measure(Device device, int size) {
    Gpu gpu = device.gpu();
    try (DeviceMemory memory = new DeviceMemory(gpu)) {
      Matrix left = filled(gpu, memory, size);
      Matrix right = filled(gpu, memory, size);
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

  /** A matrix without zeros, with which a GPU would be faster than with others. */
  private static Matrix filled(Gpu gpu, DeviceMemory memory, int size) {
    Matrix matrix = memory.matrix(size, size);
    float[] values = new float[size * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1f / (1 + i % size + i / size);
    }
    Transfers.upload(gpu, values, matrix.address());
    return matrix;
  }
}
