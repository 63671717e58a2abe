package trainer.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** Owns native memory and native objects, and frees all of it when closed, last first. */
final class NativeMemory implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final int VECTOR = ALIGNMENT / Float.BYTES;

  /** JavaCPP also frees what Java forgets: whatever native code still uses must be kept here. */
  private final List<Pointer> owned = new ArrayList<>();

  private long bytes;

  /** A zero matrix without space between its rows, aligned to a cache line. */
  Matrix matrix(int rows, int columns) {
    return matrix(rows, columns, columns);
  }

  /** A zero matrix whose rows each start at a cache line. */
  Matrix alignedRows(int rows, int columns) {
    return matrix(rows, columns, (columns + VECTOR - 1) / VECTOR * VECTOR);
  }

  /**
   * A zero matrix whose rows start at cache lines that fall into all sets of the cache. Rows that
   * are a multiple of a kilobyte apart would share few of them, and a walk down a column, as a
   * product with a transposed matrix takes it, would find none of its lines again.
   */
  Matrix spreadRows(int rows, int columns) {
    int lines = (columns + VECTOR - 1) / VECTOR;
    return matrix(rows, columns, (lines % 16 == 0 ? lines + 1 : lines) * VECTOR);
  }

  private Matrix matrix(int rows, int columns, int stride) {
    long size = Math.max(1L, (long) rows * stride) + VECTOR;
    FloatPointer raw = own(new FloatPointer(size));
    raw.zero();
    bytes += size * Float.BYTES;
    long past = raw.address() % ALIGNMENT;
    long skip = past == 0 ? 0 : (ALIGNMENT - past) / Float.BYTES;
    return new Matrix(raw.getPointer(skip), rows, columns, stride);
  }

  /** Frees the object with this memory. */
  <T extends Pointer> T own(T object) {
    owned.add(object);
    return object;
  }

  /** Bytes of all matrices. */
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
