package trainer.engine.cuda;

import trainer.config.Layer;
import trainer.cuda.Matrix;
import trainer.engine.Lanes;

/**
 * Dropout of a layer's outputs in training.
 *
 * @param key address of the mask's key, which every iteration changes
 * @param threshold an output is dropped if 24 random bits are below it
 * @param scale of kept outputs
 * @param lanes of the outputs: the masks are those of all lanes
 */
record Dropout(Device device, long key, int threshold, float scale, Lanes lanes) {

  /** The masks of {@link trainer.engine.DropoutMask}. */
  static Dropout of(Device device, Layer layer, long key, Lanes lanes) {
    return new Dropout(
        device,
        key,
        (int) Math.ceil(layer.dropout() * 0x1p24),
        (float) (1 / (1 - layer.dropout())),
        lanes);
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
            lanes.count() * to.columns(),
            (long) lanes.all() * to.columns(),
            (long) lanes.first() * to.columns(),
            key,
            threshold,
            scale,
            from.row(firstRow),
            to.row(firstRow),
            to.copyOfRow(firstRow));
  }
}
