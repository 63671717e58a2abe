package trainer.engine.cpu;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

/** GEMM by the OpenBLAS bundled with ND4J's CPU backend. */
final class OpenBlasProducts implements Products {

  @Override
  public String description() {
    return "OpenBLAS";
  }

  @Override
  public Copy prepareCopy(NativeMemory owner, Matrix like, Matrix likeTo) {
    int columns = Math.min(like.columns(), likeTo.columns());
    float[] row = new float[columns];
    return (from, to) -> {
      int rows = Math.min(from.rows(), to.rows());
      boolean below = from.rows() > rows;
      boolean toBelow = to.rows() > rows;
      for (int block = 0; block * rows < Math.max(from.rows(), to.rows()); block++) {
        int firstRow = block * rows;
        int firstColumn = block * columns;
        for (int r = 0; r < rows; r++) {
          from.read(below ? firstRow + r : r, below ? 0 : firstColumn, row, 0, columns);
          to.write(toBelow ? firstRow + r : r, toBelow ? 0 : firstColumn, row, 0, columns);
        }
      }
    };
  }

  @Override
  public Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      Matrix biases) {
    int inner = left.columns();
    return new Prepared() {
      @Override
      public void load() {}

      @Override
      public void multiply(Matrix left, Matrix result) {
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            transposed ? CblasTrans : CblasNoTrans,
            result.rows(),
            result.columns(),
            inner,
            1f,
            left.floats(),
            left.stride(),
            right.floats(),
            right.stride(),
            biases == null ? 0f : 1f,
            result.floats(),
            result.stride());
        if (biases != null) {
          add(biases, result);
        }
      }
    };
  }

  /** Adds biases to every row. */
  private static void add(Matrix biases, Matrix result) {
    float[] sum = new float[result.columns()];
    float[] addend = new float[result.columns()];
    biases.read(addend);
    for (int r = 0; r < result.rows(); r++) {
      result.read(r, 0, sum, 0, sum.length);
      ElementwiseOps.add(sum, addend, 0, sum.length);
      result.write(r, 0, sum, 0, sum.length);
    }
  }

  @Override
  public Transposed prepareTransposed(
      NativeMemory owner, Matrix left, Matrix right, Matrix result) {
    return rows ->
        cblas_sgemm(
            CblasRowMajor,
            CblasTrans,
            CblasNoTrans,
            left.columns(),
            right.columns(),
            rows,
            1f,
            left.floats(),
            left.stride(),
            right.floats(),
            right.stride(),
            0f,
            result.floats(),
            result.stride());
  }

  @Override
  public void close() {}
}
