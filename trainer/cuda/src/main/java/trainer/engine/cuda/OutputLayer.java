package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Matrix;
import trainer.cuda.Products;
import trainer.engine.PassSize;

/** The output layer: from the last recurrent layer's outputs to logits. */
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
    logits = memory.matrix(size.rows(), weights.layout().paddedVocabulary());
    nats = memory.bytes((long) size.rows() * Float.BYTES);
  }

  /** Address of the cross-entropy of each row. */
  long nats() {
    return nats;
  }

  /** The logits, or what was made of them, of the first rows: [rows, V, padded]. */
  Matrix logits(int rows) {
    return logits.rows(0, rows);
  }

  /** Computes the logits of so many rows of outputs. */
  void read(Matrix outputs, int rows) {
    device.products().multiply(outputs.rows(0, rows), weights.weights(), logits(rows));
  }

  /** Turns logits into the gradient of the mean cross-entropy. */
  void gradient(long targets, int rows) {
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
            1f / rows,
            logits.address(),
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

  /** Turns logits into logarithms of probabilities. */
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

  /** From the gradient of the logits to those of the parameters and of what the layer read. */
  void backward(
      Matrix outputs, Weights.OfOutput gradients, ColumnSums sums, Matrix below, int rows) {
    Products products = device.products();
    products.multiplyTransposed(outputs.rows(0, rows), logits(rows), gradients.weights());
    products.multiplyByTransposed(logits(rows), weights.weights(), below.rows(0, rows));
    sums.sum(logits(rows), gradients.biases());
  }
}
