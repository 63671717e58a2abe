package trainer.cell;

import org.nd4j.linalg.api.buffer.DataType;

/**
 * The extent of one layer over one segment.
 *
 * @param steps T
 * @param lanes B
 * @param inputs width of the layer below, or the vocabulary
 * @param size H
 */
public record CellShape(DataType type, int steps, int lanes, int inputs, int size) {

  /** Zeros, one for each unit, lane and step. */
  Sequence sequence() {
    return Sequence.zeros(type, steps, lanes, size);
  }
}
