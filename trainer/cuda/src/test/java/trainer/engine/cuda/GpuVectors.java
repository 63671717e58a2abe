package trainer.engine.cuda;

import java.util.Random;

/** Copies of a network's vectors. */
final class GpuVectors {
  private GpuVectors() {}

  static float[] parameters(CudaNetwork network) {
    float[] vector = new float[network.layout().vectorLength()];
    network.readParameters(vector);
    return vector;
  }

  static float[] gradient(CudaNetwork network) {
    float[] vector = new float[network.layout().vectorLength()];
    network.readGradient(vector);
    return vector;
  }

  static float[] updater(CudaNetwork network) {
    float[] vector = new float[network.updaterLength()];
    network.readUpdater(vector);
    return vector;
  }

  /** Random parameters, uniform in ±1 / √units of the widest layer. */
  static float[] drawn(int count, int units, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (2 * random.nextFloat() - 1) / (float) Math.sqrt(units);
    }
    return values;
  }
}
