package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.cuda.Transfers;
import trainer.engine.VectorWeights;

/**
 * Parameters, gradient and optimizer averages on the GPU: vectors in one {@link ParameterLayout}.
 */
final class Weights implements VectorWeights, AutoCloseable {
  private final Device device;
  private final ParameterLayout layout;
  private final DeviceMemory memory;
  private final Matrix parameters; // a factor
  private final Matrix gradient;
  private final long[] moments;

  /** All zero. */
  Weights(Device device, ParameterLayout layout, int momentCount) {
    this.device = device;
    this.layout = layout;
    memory = new DeviceMemory(device.gpu());
    try {
      parameters = device.products().factor(memory, vector());
      gradient = vector();
      moments = new long[momentCount];
      for (int i = 0; i < momentCount; i++) {
        moments[i] = vector().address();
      }
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  private Matrix vector() {
    return memory.matrix(1, layout.length());
  }

  ParameterLayout layout() {
    return layout;
  }

  /** [1, length] */
  Matrix parameters() {
    return parameters;
  }

  /** [1, length] */
  Matrix gradient() {
    return gradient;
  }

  long[] momentAddresses() {
    return moments.clone();
  }

  /**
   * A recurrent layer's arrays in a vector.
   *
   * @param input W: [in, sums from the input · H]
   * @param recurrent R: [H, sums from the recurrence · H]
   * @param peepholes address of [3 · H]; 0: none
   * @param biases address of [sums · H]
   */
  record OfLayer(Matrix input, Matrix recurrent, long peepholes, long biases) {}

  /** The output layer's arrays in a vector: [H, V], [V], both padded. */
  record OfOutput(Matrix weights, long biases) {}

  /** A layer's arrays in one of the vectors. */
  OfLayer layer(int layer, Matrix vector) {
    ParameterLayout.OfLayer pieces = layout.pieces(layer);
    return new OfLayer(
        pieces.input().in(vector),
        pieces.recurrent().in(vector),
        pieces.peepholes() == null ? 0 : pieces.peepholes().in(vector).address(),
        pieces.biases().in(vector).address());
  }

  /** The output layer's arrays in one of the vectors. */
  OfOutput output(Matrix vector) {
    Matrix weights = layout.outputWeights().in(vector);
    return new OfOutput(
        new Matrix(
            weights.address(), weights.copy(), weights.rows(), weights.stride(), weights.stride()),
        layout.outputBiases().in(vector).address());
  }

  @Override
  public int length() {
    return layout.vectorLength();
  }

  @Override
  public int moments() {
    return moments.length;
  }

  @Override
  public void takeParameters(float[] vector) {
    upload(layout.fromVector(vector, 0), parameters.address());
    device.copy(parameters);
  }

  @Override
  public void putParameters(float[] vector) {
    layout.toVector(download(parameters.address()), vector, 0);
  }

  @Override
  public void putGradient(float[] vector) {
    layout.toVector(download(gradient.address()), vector, 0);
  }

  @Override
  public void takeMoment(int index, float[] vector, int offset) {
    upload(layout.fromVector(vector, offset), moments[index]);
  }

  @Override
  public void putMoment(int index, float[] vector, int offset) {
    layout.toVector(download(moments[index]), vector, offset);
  }

  private void upload(float[] ours, long to) {
    Transfers.upload(device.gpu(), ours, to);
  }

  private float[] download(long from) {
    return Transfers.download(device.gpu(), from, layout.length());
  }

  @Override
  public void close() {
    memory.close();
  }
}
