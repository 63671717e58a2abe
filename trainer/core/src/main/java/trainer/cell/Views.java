package trainer.cell;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Views of parts of an array. ND4J 1.0.0-M2.1's own {@code get} compares offsets into the whole
 * buffer with the length of the view it is called on, and returns an empty array for many parts of
 * a view.
 */
public final class Views {
  private Views() {}

  /** Rows [from, to) of a matrix. */
  public static INDArray rows(INDArray matrix, long from, long to) {
    return view(matrix, from * matrix.stride(0), to - from, matrix.size(1));
  }

  /** Columns [from, to) of a matrix. */
  public static INDArray columns(INDArray matrix, long from, long to) {
    return view(matrix, from * matrix.stride(1), matrix.size(0), to - from);
  }

  private static INDArray view(INDArray matrix, long from, long rows, long columns) {
    return Nd4j.create(
        matrix.data(),
        new long[] {rows, columns},
        matrix.stride(),
        matrix.offset() + from,
        matrix.ordering());
  }

  /** Elements [from, to) of a vector. */
  public static INDArray elements(INDArray vector, long from, long to) {
    return Nd4j.create(
        vector.data(),
        new long[] {to - from},
        new long[] {1},
        vector.offset() + from,
        vector.ordering());
  }
}
