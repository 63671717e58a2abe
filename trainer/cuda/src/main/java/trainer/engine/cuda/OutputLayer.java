package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.engine.PassSize;

/** The output layer: logits, softmax, loss and gradients. */
final class OutputLayer {
  private final Device device;
  private final Weights.OfOutput weights;
  private final int classes;
  private final Matrix logits;
  private final long nats;

  OutputLayer(Device device, DeviceMemory memory, Weights weights, PassSize size) {
    this.device = device;
    this.weights = weights.output(weights.parameters());
    classes = weights.layout().vocabulary();
    Matrix room = memory.matrix(size.rows(), weights.layout().paddedVocabulary());
    logits = device.products().factor(memory, room); // once it has the gradient
    nats = memory.bytes((long) size.rows() * Float.BYTES);
  }

  /** Address of the cross-entropy of each row. */
  long nats() {
    return nats;
  }

  /** The first rows of the logits or of what has overwritten them: [rows, padded V]. */
  Matrix logits(int rows) {
    return logits.rows(0, rows);
  }

  /** Computes the logits of the first {@code rows} of outputs. */
  void read(Matrix outputs, int rows) {
    device.products().multiply(outputs.rows(0, rows), weights.weights(), logits(rows));
  }

  /**
   * Replaces the logits by the gradient of the mean cross-entropy.
   *
   * @param characters that the mean is over
   */
  void gradient(long targets, int rows, int characters) {
    device
        .kernels()
        .forRows(
            "softmax_gradient",
            rows,
            rows,
            classes,
            logits.stride(),
            weights.biases(),
            targets,
            1f / characters,
            logits.address(),
            logits.copy(),
            nats);
  }

  /** Scores targets; {@code hits} is an address of [rows]. */
  void score(long targets, int rows, long hits) {
    device
        .kernels()
        .forRows(
            "softmax_score",
            rows,
            rows,
            classes,
            logits.stride(),
            weights.biases(),
            targets,
            logits.address(),
            nats,
            hits);
  }

  /** Replaces the logits by log-probabilities. */
  void logProbabilities(int rows) {
    device
        .kernels()
        .forRows(
            "log_softmax",
            rows,
            rows,
            classes,
            logits.stride(),
            weights.biases(),
            logits.address());
  }

  /** Computes the gradient of the inputs from that of the logits. */
  void backward(Matrix below, int rows) {
    device.products().multiplyByTransposed(logits(rows), weights.weights(), below.rows(0, rows));
  }

  /** Computes the gradients of the parameters from that of the logits. */
  void parameters(Matrix outputs, Weights.OfOutput gradients, ColumnSums sums, int rows) {
    device.products().multiplyTransposed(outputs.rows(0, rows), logits(rows), gradients.weights());
    sums.sum(logits(rows), gradients.biases());
  }
}
