package trainer.cell;

import java.lang.ref.Reference;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.BroadcastOp;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Max;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Operations by row and column of a matrix.
 *
 * <p>Each names its dimensions in an array of the operation. ND4J 1.0.0-M2.1 lets the garbage
 * collector free that array while native code reads it, which crashes the process: INDArray's own
 * methods drop the operation as soon as it is started. Here it is kept until it has ended.
 */
final class RowOps {
  private RowOps() {}

  /** matrix += row, for every row. */
  static void addRow(INDArray matrix, INDArray row) {
    if (matrix.isVector()) {
      matrix.addiRowVector(row); // uses no dimensions
    } else {
      run(new BroadcastAddOp(matrix, row, matrix, 1));
    }
  }

  /** matrix ∘ row, for every row, as a new array. */
  static INDArray timesRow(INDArray matrix, INDArray row) {
    INDArray product = matrix.dup();
    if (product.isVector()) {
      product.muliRowVector(row);
    } else {
      run(new BroadcastMulOp(product, row, product, 1));
    }
    return product;
  }

  /** matrix -= column, for every column; column: [rows, 1]. */
  static void subtractColumn(INDArray matrix, INDArray column) {
    if (matrix.isVector()) {
      matrix.subiColumnVector(column);
    } else {
      run(new BroadcastSubOp(matrix, column, matrix, 0));
    }
  }

  /** The largest element of each row, [rows, 1]. */
  static INDArray maxOfRows(INDArray matrix) {
    return run(new Max(matrix, true, 1));
  }

  /** The sum of each row, [rows, 1]. */
  static INDArray sumOfRows(INDArray matrix) {
    return run(new Sum(matrix, true, 1));
  }

  /** The sum of all rows, [1, columns]. */
  static INDArray sumOverRows(INDArray matrix) {
    return run(new Sum(matrix, true, 0));
  }

  private static void run(BroadcastOp op) {
    try {
      Nd4j.getExecutioner().exec(op);
    } finally {
      Reference.reachabilityFence(op);
    }
  }

  private static INDArray run(ReduceOp op) {
    try {
      return Nd4j.getExecutioner().exec(op);
    } finally {
      Reference.reachabilityFence(op);
    }
  }
}
