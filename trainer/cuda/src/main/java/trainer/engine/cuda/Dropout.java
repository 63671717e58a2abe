package trainer.engine.cuda;

import trainer.config.Layer;
import trainer.cuda.Matrix;

/**
 * Dropout of a layer's outputs in training.
 *
 * @param key address of the mask's key, which every iteration changes
 * @param threshold an output is dropped if 24 random bits are below it
 * @param scale of kept outputs
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

  /** Applies the mask to rows of outputs, or of their gradients. */
  void apply(Matrix from, Matrix to, int firstRow, int rows) {
    int elements = Math.multiplyExact(rows, to.columns());
    device
        .kernels()
        .forElements(
            "dropout",
            elements,
            elements,
            Math.multiplyExact(firstRow, to.columns()),
            key,
            threshold,
            scale,
            from.row(firstRow),
            to.row(firstRow));
  }
}
