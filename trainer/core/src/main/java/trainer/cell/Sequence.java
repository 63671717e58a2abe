package trainer.cell;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One value per unit, lane and step of a segment.
 *
 * @param all [steps · lanes, size], row-major, time-major
 * @param at at[t]: the [lanes, size] rows of step t, a view
 */
public record Sequence(INDArray all, INDArray[] at) {

  /** A sequence of zeros. */
  public static Sequence zeros(DataType type, int steps, int lanes, int size) {
    return of(Nd4j.zeros(type, (long) steps * lanes, size), steps);
  }

  /**
   * Views of {@code all}, whose rows are the lanes of the first step, then those of the second etc.
   */
  public static Sequence of(INDArray all, int steps) {
    long lanes = all.rows() / steps;
    INDArray[] at = new INDArray[steps];
    for (int t = 0; t < steps; t++) {
      at[t] = Views.rows(all, t * lanes, (t + 1) * lanes);
    }
    return new Sequence(all, at);
  }

  /** A view of {@code count} steps from {@code first} on. */
  Sequence steps(int first, int count) {
    long lanes = at[0].rows();
    return of(Views.rows(all, first * lanes, (first + count) * lanes), count);
  }

  /** Number of steps. */
  public int length() {
    return at.length;
  }
}
