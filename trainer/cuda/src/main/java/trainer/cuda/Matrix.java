package trainer.cuda;

/**
 * A row-major matrix of floats in GPU memory.
 *
 * @param copy address of the same numbers in bfloat16, which {@link Products} read; 0: none
 * @param stride numbers from row to row, of the copy too
 */
public record Matrix(long address, long copy, int rows, int columns, int stride) {

  /** A matrix without a copy. */
  public Matrix(long address, int rows, int columns, int stride) {
    this(address, 0, rows, columns, stride);
  }

  /** The address of a row. */
  public long row(int row) {
    return address + (long) row * stride * Float.BYTES;
  }

  /** The address of a row of the copy; 0: none. */
  public long copyOfRow(int row) {
    return copy == 0 ? 0 : copy + (long) row * stride * Short.BYTES;
  }

  /** A view of some rows. */
  public Matrix rows(int first, int count) {
    return new Matrix(row(first), copyOfRow(first), count, columns, stride);
  }

  /** A view of some columns. */
  public Matrix columns(int first, int count) {
    return new Matrix(
        address + (long) first * Float.BYTES,
        copy == 0 ? 0 : copy + (long) first * Short.BYTES,
        rows,
        count,
        stride);
  }
}
