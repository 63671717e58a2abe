package trainer.cell;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer's arrays in the order of {@link CellLayout}: weights, or their gradients.
 *
 * @param inputWeights W, [in, gates · H]
 * @param recurrentWeights R, [H, gates · H], followed by three columns of peepholes in a Graves
 *     LSTM
 * @param bias b, [1, gates · H]
 * @param recurrentBias the GRU candidate's bias before the reset, [1, H]; else null
 */
public record LayerParameters(
    INDArray inputWeights, INDArray recurrentWeights, INDArray bias, INDArray recurrentBias) {

  /** Key of {@link #inputWeights} in a layer's parameter table. */
  public static final String INPUT_WEIGHTS = "W";

  /** Key of {@link #recurrentWeights}. */
  public static final String RECURRENT_WEIGHTS = "RW";

  /** Key of {@link #bias}. */
  public static final String BIAS = "b";

  /** Key of {@link #recurrentBias}. */
  public static final String RECURRENT_BIAS = "rb";

  /** The arrays of a layer's parameter table, not copied. */
  public static LayerParameters of(Map<String, INDArray> table) {
    return new LayerParameters(
        table.get(INPUT_WEIGHTS),
        table.get(RECURRENT_WEIGHTS),
        row(table.get(BIAS)),
        table.containsKey(RECURRENT_BIAS) ? row(table.get(RECURRENT_BIAS)) : null);
  }

  /** The recurrent weights without peepholes, [H, gates · H]. */
  public INDArray square() {
    return Views.columns(recurrentWeights, 0, bias.length());
  }

  private static INDArray row(INDArray vector) {
    return vector.reshape(1, vector.length());
  }

  /**
   * The output layer's arrays.
   *
   * @param weights [H, V]
   * @param bias [1, V]
   */
  public record Output(INDArray weights, INDArray bias) {

    /** The arrays of the output layer's parameter table, not copied. */
    public static Output of(Map<String, INDArray> table) {
      return new Output(table.get(INPUT_WEIGHTS), row(table.get(BIAS)));
    }
  }
}
