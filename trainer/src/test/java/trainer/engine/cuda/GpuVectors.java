package trainer.engine.cuda;

/** What a network holds, as new vectors. */
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
}
