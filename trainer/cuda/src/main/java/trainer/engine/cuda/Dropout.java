package trainer.engine.cuda;

import trainer.config.Layer;
import trainer.cuda.Matrix;

/**
 * Dropout of a layer's outputs in training.
 *
 * @param key address of the mask's key, which changes with every iteration
 * @param threshold below which 24 random bits drop an output
 * @param scale of those kept
 */
record Dropout(Device device, long key, int threshold, float scale) {

  /** The masks of {@link trainer.engine.DropoutMask}. */
  static Dropout of(Device device, Layer layer, long key) {
    return new Dropout(
        device,
        key,
        (int) Math.ceil(layer.dropout() * 0x1p24),
        (float) (1 / (1 - layer.dropout())));
  }

  /** Drops elements of the first rows, or passes their gradients on. */
  void apply(Matrix from, Matrix to, int rows) {
    int elements = Math.multiplyExact(rows, to.columns());
    device
        .kernels()
        .forElements(
            "dropout", elements, elements, key, threshold, scale, from.address(), to.address());
  }
}
