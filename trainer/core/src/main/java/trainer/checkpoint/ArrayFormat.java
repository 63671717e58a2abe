package trainer.checkpoint;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.run.DamagedException;

/**
 * The array format of {@code Nd4j.write} for one row of numbers, shape [n] or [1, n], FLOAT or
 * DOUBLE: {@code coefficients.bin} and {@code updaterState.bin} of a DL4J model. Big-endian: a
 * header (mode, length, type), the shape information (rank, shape, strides, type flags, stride,
 * order), another header, the numbers.
 *
 * <p>ND4J's own reader allocates what the header claims; this one checks it against the file size
 * first.
 */
final class ArrayFormat {
  private static final String MODE = "MIXED_DATA_TYPES";
  private static final String SHAPE_TYPE = "LONG";
  private static final int SHAPE_LENGTH_OF_VECTOR = 6;
  private static final int SHAPE_LENGTH_OF_ROW = 8;
  private static final int CHUNK = 1 << 13;

  private ArrayFormat() {}

  /**
   * Writes an array.
   *
   * @param array [1, n] or [n], FLOAT or DOUBLE
   */
  static void write(INDArray array, OutputStream out) throws IOException {
    long length = array.length();
    DataType type = array.dataType();
    DataOutputStream data = new DataOutputStream(out);
    data.writeUTF(MODE);
    long[] shape = shape(array.rank(), length, type);
    data.writeLong(shape.length);
    data.writeUTF(SHAPE_TYPE);
    for (long value : shape) {
      data.writeLong(value);
    }
    data.writeUTF(MODE);
    data.writeLong(length);
    data.writeUTF(type.name());
    data.flush();
    writeNumbers(array, ByteOrder.BIG_ENDIAN, out);
  }

  /**
   * Writes the numbers alone, 4 bytes each for FLOAT and 8 for DOUBLE.
   *
   * @param array FLOAT or DOUBLE, of any shape, row-major
   */
  static void writeNumbers(INDArray array, ByteOrder order, OutputStream out) throws IOException {
    boolean wide = wide(array.dataType());
    int width = array.dataType().width();
    DataBuffer numbers = inOrder(array).data();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * width).order(order);
    long length = array.length();
    for (long from = 0; from < length; from += CHUNK) {
      int count = (int) Math.min(CHUNK, length - from);
      chunk.clear();
      for (int i = 0; i < count; i++) {
        if (wide) {
          chunk.putDouble(numbers.getDouble(from + i));
        } else {
          chunk.putFloat(numbers.getFloat(from + i));
        }
      }
      out.write(chunk.array(), 0, chunk.position());
    }
  }

  /**
   * Reads an array of shape [n] or [1, n].
   *
   * @param wanted expected length
   * @throws DamagedException if it does not match, before memory is allocated
   */
  static INDArray read(ZipEntryStream entry, String name, long wanted) throws IOException {
    DataInputStream data = new DataInputStream(entry);
    expect(MODE, data.readUTF(), name);
    long described = data.readLong();
    expect(SHAPE_TYPE, data.readUTF(), name);
    int rank = described == SHAPE_LENGTH_OF_VECTOR ? 1 : 2;
    if (described != SHAPE_LENGTH_OF_VECTOR && described != SHAPE_LENGTH_OF_ROW) {
      throw new DamagedException("its entry " + name + " is not one row of numbers");
    }
    long[] shape = new long[(int) described];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = data.readLong();
    }
    expect(MODE, data.readUTF(), name);
    long length = data.readLong();
    String typeName = data.readUTF();
    if (!typeName.equals("FLOAT") && !typeName.equals("DOUBLE")) {
      throw new DamagedException("its entry " + name + " does not hold numbers of 32 or 64 bits");
    }
    DataType type = DataType.valueOf(typeName);
    int width = type.width();
    if (length <= 0 || length != entry.left() / width || entry.left() % width != 0) {
      throw new DamagedException(
          "its entry %s claims %,d numbers of %d bytes but has %,d bytes"
              .formatted(name, length, width, entry.left()));
    }
    // Strides and order are irrelevant for a single row.
    long[] row = shape(rank, length, type);
    for (int i = rank + 1; i < row.length; i++) {
      row[i] = i == row.length - 3 ? row[i] : shape[i];
    }
    if (!Arrays.equals(row, shape)) {
      throw new DamagedException("its entry " + name + " is not one row of numbers");
    }
    if (length != wanted) {
      throw new DamagedException(
          "its entry %s has %,d numbers, and the network that its configuration describes %,d"
              .formatted(name, length, wanted));
    }
    INDArray array =
        rank == 1
            ? Nd4j.createUninitializedDetached(type, length)
            : Nd4j.createUninitializedDetached(type, 1, length);
    readNumbers(data, array);
    return array;
  }

  private static void readNumbers(DataInputStream data, INDArray array) throws IOException {
    DataType type = array.dataType();
    long length = array.length();
    DataBuffer numbers = array.data();
    boolean wide = type == DataType.DOUBLE;
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * type.width());
    for (long from = 0; from < length; from += CHUNK) {
      int count = (int) Math.min(CHUNK, length - from);
      data.readFully(chunk.array(), 0, count * type.width());
      chunk.clear();
      for (int i = 0; i < count; i++) {
        if (wide) {
          numbers.put(from + i, chunk.getDouble());
        } else {
          numbers.put(from + i, chunk.getFloat());
        }
      }
    }
  }

  // Rank, shape, strides, type flags, stride between elements, order.
  private static long[] shape(int rank, long length, DataType type) {
    long flags = type == DataType.DOUBLE ? 1L << 14 : 1L << 13;
    return rank == 1
        ? new long[] {1, length, 1, flags, 1, 'c'}
        : new long[] {2, 1, length, 1, 1, flags, 1, 'c'};
  }

  // The array itself if its buffer is row-major, else a copy.
  private static INDArray inOrder(INDArray array) {
    boolean whole = array.offset() == 0 && array.data().length() == array.length();
    boolean ordered =
        array.isVector() ? array.stride(-1) == 1 || array.length() == 1 : array.ordering() == 'c';
    return whole && ordered ? array : array.dup('c');
  }

  private static boolean wide(DataType type) {
    if (type != DataType.FLOAT && type != DataType.DOUBLE) {
      throw new IllegalArgumentException("parameters are FLOAT or DOUBLE, not " + type);
    }
    return type == DataType.DOUBLE;
  }

  private static void expect(String wanted, String found, String name) throws DamagedException {
    if (!wanted.equals(found)) {
      throw new DamagedException("its entry " + name + " is not an array of ND4J 1.0.0");
    }
  }
}
