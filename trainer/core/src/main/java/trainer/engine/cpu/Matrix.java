package trainer.engine.cpu;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * A view of a row-major matrix in native memory, or of a part of one, of floats or of numbers in
 * bfloat16. Rows are {@code stride} elements apart. {@link NativeMemory} owns the memory. Only
 * floats are read and written here; {@link Products.Copy} converts.
 */
final class Matrix {
  private final Pointer pointer;
  private final FloatBuffer buffer; // of the first 2 GiB; null: bfloat16
  private final int rows;
  private final int columns;
  private final int stride;

  /**
   * @param pointer to floats, or to shorts that are in bfloat16
   */
  Matrix(Pointer pointer, int rows, int columns, int stride) {
    this.pointer = pointer;
    this.rows = rows;
    this.columns = columns;
    this.stride = stride;
    long extent = rows == 0 ? 0 : (rows - 1L) * stride + columns;
    // Not the pointer's own capacity: an int of bytes, which may overflow.
    buffer = isBfloat16() ? null : new FloatPointer(pointer).capacity(extent).asBuffer();
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  int stride() {
    return stride;
  }

  boolean isBfloat16() {
    return pointer instanceof ShortPointer;
  }

  /** Address of the first element. */
  Pointer pointer() {
    return pointer;
  }

  /** Address of the first element of a matrix of floats. */
  FloatPointer floats() {
    return (FloatPointer) pointer;
  }

  /** A view of the same memory as a matrix of fewer columns, without padding. */
  Matrix reshaped(int fewer) {
    return new Matrix(pointer, rows, fewer, fewer);
  }

  /** A view of some rows. */
  Matrix rows(int from, int count) {
    return new Matrix(pointer.getPointer((long) from * stride), count, columns, stride);
  }

  /** A view of some columns. */
  Matrix columns(int from, int count) {
    return new Matrix(pointer.getPointer(from), rows, count, stride);
  }

  /** Sets the rows from one on to zero. */
  void clearRows(int from) {
    for (int r = from; r < rows; r++) {
      Pointer row = pointer.getPointer((long) r * stride);
      Pointer.memset(row, 0, (long) columns * row.sizeof());
    }
  }

  /** Views of this matrix's rows in groups of {@code count}. */
  Matrix[] split(int count) {
    Matrix[] parts = new Matrix[rows / count];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = rows(i * count, count);
    }
    return parts;
  }

  /** Copies elements that follow each other in memory to the heap. */
  void read(int row, int column, float[] to, int at, int count) {
    long offset = (long) row * stride + column;
    if (offset + count <= buffer.capacity()) {
      buffer.get((int) offset, to, at, count);
    } else { // a buffer ends at 2 GiB
      floats().getPointer(offset).get(to, at, count);
    }
  }

  /** Copies elements that follow each other in memory from the heap. */
  void write(int row, int column, float[] from, int at, int count) {
    long offset = (long) row * stride + column;
    if (offset + count <= buffer.capacity()) {
      buffer.put((int) offset, from, at, count);
    } else {
      floats().getPointer(offset).put(from, at, count);
    }
  }

  /** Copies all elements to an array without padding between rows. */
  void read(float[] to) {
    for (int r = 0; r < rows; r++) {
      read(r, 0, to, r * columns, columns);
    }
  }

  /** Copies all elements from an array without padding between rows. */
  void write(float[] from) {
    for (int r = 0; r < rows; r++) {
      write(r, 0, from, r * columns, columns);
    }
  }
}
