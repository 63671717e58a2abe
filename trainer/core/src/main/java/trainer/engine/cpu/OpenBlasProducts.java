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
  public Prepared prepare(
      NativeMemory owner,
      Matrix left,
      Matrix right,
      boolean transposed,
      Matrix result,
      boolean accumulate) {
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
            left.pointer(),
            left.stride(),
            right.pointer(),
            right.stride(),
            accumulate ? 1f : 0f,
            result.pointer(),
            result.stride());
      }
    };
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
            left.pointer(),
            left.stride(),
            right.pointer(),
            right.stride(),
            0f,
            result.pointer(),
            result.stride());
  }

  @Override
  public void close() {}
}
