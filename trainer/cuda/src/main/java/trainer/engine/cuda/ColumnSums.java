package trainer.engine.cuda;

import trainer.cuda.DeviceMemory;
import trainer.cuda.Kernels;
import trainer.cuda.Matrix;

/** Sums matrix columns in a fixed order: gradients of biases and peepholes. */
final class ColumnSums {
  private static final int ROWS_OF_PART = 128;
  private static final int MOST_PARTS = 16;

  private final Kernels kernels;
  private final long scratch;

  /**
   * @param widest largest number of columns
   */
  ColumnSums(Kernels kernels, DeviceMemory memory, int widest) {
    this.kernels = kernels;
    scratch = memory.matrix(MOST_PARTS, widest).address();
  }

  /** Sums the columns of a matrix. */
  void sum(Matrix from, long to) {
    int parts = parts(from.rows());
    sum(from, parts, parts == 1 ? to : scratch);
    addParts(parts, from.columns(), to);
  }

  /**
   * Computes the gradients of the peepholes f, o, i.
   *
   * @param gates gradients of the gates, [rows, 4 · units]
   * @param cells [rows + lanes, units]
   */
  void peepholes(Matrix gates, Matrix cells, int lanes, long to) {
    int units = cells.columns();
    int parts = parts(gates.rows());
    kernels.forColumns(
        "peephole_sums",
        3 * units,
        parts,
        gates.rows(),
        lanes,
        units,
        gates.address(),
        cells.address(),
        parts == 1 ? to : scratch);
    addParts(parts, 3 * units, to);
  }

  private static int parts(int rows) {
    return Math.max(1, Math.min(MOST_PARTS, rows / ROWS_OF_PART));
  }

  private void addParts(int parts, int columns, long to) {
    if (parts > 1) {
      sum(new Matrix(scratch, parts, columns, columns), 1, to);
    }
  }

  private void sum(Matrix from, int parts, long to) {
    kernels.forColumns(
        "column_sums",
        from.columns(),
        parts,
        from.rows(),
        from.columns(),
        from.stride(),
        from.address(),
        to);
  }
}
