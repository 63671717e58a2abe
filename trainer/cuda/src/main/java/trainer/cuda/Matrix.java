package trainer.cuda;

/**
 * A row-major matrix of floats in GPU memory.
 *
 * @param stride floats from row to row
 */
public record Matrix(long address, int rows, int columns, int stride) {

  /** The address of a row. */
  public long row(int row) {
    return address + (long) row * stride * Float.BYTES;
  }

  /** A view of some rows. */
  public Matrix rows(int first, int count) {
    return new Matrix(row(first), count, columns, stride);
  }

  /** A view of some columns. */
  public Matrix columns(int first, int count) {
    return new Matrix(address + (long) first * Float.BYTES, rows, count, stride);
  }
}
