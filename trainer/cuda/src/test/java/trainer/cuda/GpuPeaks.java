package trainer.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Throughput of large products by cuBLAS's compute type: whether "fast" types use the tensor cores'
 * types, and what pedantry costs.
 */
public final class GpuPeaks {
  private static final int FAST_BFLOAT16 = 75; // of inputs in float32
  private static final int PRODUCTS = 10;

  private final Gpu gpu;
  private final CublasFunctions cublas;

  public GpuPeaks(Gpu gpu, CublasFunctions cublas) {
    this.gpu = gpu;
    this.cublas = cublas;
  }

  /** The best of some products of [size, size], operations a second; 0: not supported. */
  public Map<String, Double> measure(int size) {
    Map<String, Double> found = new LinkedHashMap<>();
    PointerByReference handle = new PointerByReference();
    cublas.cublasCreate_v2(handle);
    cublas.cublasSetStream_v2(handle.getValue(), gpu.stream());
    try (DeviceMemory memory = new DeviceMemory(gpu)) {
      Matrix left = filled(memory, size);
      Matrix right = filled(memory, size);
      Matrix result = memory.matrix(size, size);
      Timed timed = new Timed(handle.getValue(), left, right, result);
      int numbers = CublasFunctions.TYPE_FLOAT32;
      found.put("32F", best(timed, numbers, CublasFunctions.COMPUTE_FLOAT32));
      found.put("32F pedantic", best(timed, numbers, CublasFunctions.COMPUTE_FLOAT32_PEDANTIC));
      found.put("32F fast TF32", best(timed, numbers, CublasFunctions.COMPUTE_FLOAT32_FAST_TF32));
      found.put("32F fast 16BF", best(timed, numbers, FAST_BFLOAT16));
      found.put(
          "bfloat16 inputs",
          best(timed, CublasFunctions.TYPE_BFLOAT16, CublasFunctions.COMPUTE_FLOAT32));
    } finally {
      cublas.cublasDestroy_v2(handle.getValue());
    }
    return found;
  }

  private record Timed(Pointer handle, Matrix left, Matrix right, Matrix result) {}

  /** Numbers without zeros, also when they are read as bfloat16. */
  private Matrix filled(DeviceMemory memory, int size) {
    Matrix matrix = memory.matrix(size, size);
    float[] values = new float[size * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(0x3c103c20 + i % 97);
    }
    Transfers.upload(gpu, values, matrix.address());
    return matrix;
  }

  private double best(Timed of, int type, int compute) {
    int size = of.left.rows();
    double best = 0;
    for (int product = 0; product < PRODUCTS; product++) {
      long start = System.nanoTime();
      int status =
          cublas.cublasGemmEx(
              of.handle,
              0,
              0,
              size,
              size,
              size,
              new FloatByReference(1),
              new Pointer(of.left.address()),
              type,
              size,
              new Pointer(of.right.address()),
              type,
              size,
              new FloatByReference(0),
              new Pointer(of.result.address()),
              CublasFunctions.TYPE_FLOAT32,
              size,
              compute,
              CublasFunctions.DEFAULT_ALGORITHM);
      if (status != 0) {
        return 0;
      }
      gpu.synchronize();
      best = Math.max(best, 2.0 * size * size * size / (System.nanoTime() - start) * 1e9);
    }
    return best;
  }
}
