package trainer.insight;

import trainer.cell.CellLayout;
import trainer.config.Layer.CellType;

/**
 * The weights of one layer in float64; G gates of H units in the order of the layout.
 *
 * @param input W, [in, G·H]
 * @param recurrent R, [H, G·H]
 * @param bias b, [G·H]
 * @param peepholes p, [3][H] in the order of the layout; empty without peepholes
 * @param recurrentBias the GRU candidate's bias before the reset, [H]; else null
 * @param inputTransposed Wᵀ, [G·H, in]
 * @param recurrentTransposed Rᵀ, [G·H, H]
 */
record LayerWeights(
    CellType type,
    int inputs,
    int size,
    double[][] input,
    double[][] recurrent,
    double[] bias,
    double[][] peepholes,
    double[] recurrentBias,
    double[][] inputTransposed,
    double[][] recurrentTransposed) {

  CellLayout layout() {
    return CellLayout.of(type);
  }

  /** G·H. */
  int columns() {
    return layout().gates().size() * size;
  }

  /**
   * Reads a layer from a network's parameters.
   *
   * @param reader at the layer's first parameter
   */
  static LayerWeights read(CellType type, int inputs, int size, NetworkWeights.Reader reader) {
    CellLayout layout = CellLayout.of(type);
    int columns = layout.gates().size() * size;
    double[][] inputTransposed = NetworkWeights.rows(reader.next(inputs * columns), inputs);
    double[][] recurrentTransposed = NetworkWeights.rows(reader.next(size * columns), size);
    double[][] peepholes = new double[layout.peepholes().size()][];
    for (int p = 0; p < peepholes.length; p++) {
      peepholes[p] = reader.next(size);
    }
    return new LayerWeights(
        type,
        inputs,
        size,
        NetworkWeights.transposed(inputTransposed),
        NetworkWeights.transposed(recurrentTransposed),
        reader.next(columns),
        peepholes,
        layout.hasRecurrentBias() ? reader.next(size) : null,
        inputTransposed,
        recurrentTransposed);
  }
}
