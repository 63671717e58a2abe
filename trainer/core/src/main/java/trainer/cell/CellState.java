package trainer.cell;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.config.Layer.CellType;

/**
 * Hidden state of a layer between segments; updated in place.
 *
 * @param hidden the short-term state h, [lanes, size]
 * @param cell the long-term memory c of an LSTM, [lanes, size]; else null
 */
public record CellState(INDArray hidden, INDArray cell) {

  /** The state before any text. */
  public static CellState zeros(CellType type, DataType dataType, int lanes, int size) {
    INDArray cell = CellLayout.of(type).hasMemory() ? Nd4j.zeros(dataType, lanes, size) : null;
    return new CellState(Nd4j.zeros(dataType, lanes, size), cell);
  }

  /** Sets the state to zero. */
  public void clear() {
    hidden.assign(0);
    if (cell != null) {
      cell.assign(0);
    }
  }
}
