package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** Owns native memory and native objects, and frees them in reverse order when closed. */
final class NativeMemory implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final int VECTOR = ALIGNMENT / Float.BYTES;

  /**
   * Keeps everything reachable: JavaCPP frees unreachable objects, even if native code uses them.
   */
  private final List<Pointer> owned = new ArrayList<>();

  private long bytes;

  /** A zero matrix without padding, aligned to a cache line. */
  Matrix matrix(int rows, int columns) {
    return matrix(rows, columns, columns);
  }

  /** A zero matrix whose rows are aligned to cache lines. */
  Matrix alignedRows(int rows, int columns) {
    return matrix(rows, columns, (columns + VECTOR - 1) / VECTOR * VECTOR);
  }

  /**
   * A zero matrix whose rows are spread over all sets of the cache. Rows a multiple of 1 KiB apart
   * would map to few sets, and a product with the transposed matrix, which walks down the columns,
   * would miss on every access.
   */
  Matrix spreadRows(int rows, int columns) {
    int lines = (columns + VECTOR - 1) / VECTOR;
    return matrix(rows, columns, (lines % 16 == 0 ? lines + 1 : lines) * VECTOR);
  }

  /** A zero matrix in bfloat16 without padding, aligned to a cache line. */
  Matrix bfloat16(int rows, int columns) {
    long size = Math.max(1L, (long) rows * columns);
    return new Matrix(
        aligned(new ShortPointer(size + ALIGNMENT / Short.BYTES)), rows, columns, columns);
  }

  private Matrix matrix(int rows, int columns, int stride) {
    long size = Math.max(1L, (long) rows * stride) + VECTOR;
    return new Matrix(aligned(new FloatPointer(size)), rows, columns, stride);
  }

  /** Zeroes new memory and skips to its first cache line. */
  private Pointer aligned(Pointer raw) {
    own(raw);
    Pointer.memset(raw, 0, raw.capacity() * raw.sizeof());
    bytes += raw.capacity() * raw.sizeof();
    long past = raw.address() % ALIGNMENT;
    return raw.getPointer(past == 0 ? 0 : (ALIGNMENT - past) / raw.sizeof());
  }

  /** Frees the object when this is closed. */
  <T extends Pointer> T own(T object) {
    owned.add(object);
    return object;
  }

  /** Total bytes of the matrices. */
  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    for (int i = owned.size() - 1; i >= 0; i--) {
      owned.get(i).deallocate();
    }
    owned.clear();
  }
}
