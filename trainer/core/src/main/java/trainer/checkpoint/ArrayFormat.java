package trainer.checkpoint;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
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
public final class ArrayFormat {
  private static final String MODE = "MIXED_DATA_TYPES";
  private static final String SHAPE_TYPE = "LONG";
  private static final int SHAPE_LENGTH_OF_VECTOR = 6;
  private static final int SHAPE_LENGTH_OF_ROW = 8;
  private static final String FLOAT = "FLOAT";
  private static final String DOUBLE = "DOUBLE";
  private static final int CHUNK = 1 << 13;
  private static final int MAXIMUM = Integer.MAX_VALUE - 8; // of an array in Java

  private ArrayFormat() {}

  /** Writes numbers as an array of shape [1, n]. */
  static void write(Numbers numbers, OutputStream out) throws IOException {
    DataOutputStream data = new DataOutputStream(out);
    data.writeUTF(MODE);
    long[] shape = shape(2, numbers.length(), numbers.isWide());
    data.writeLong(shape.length);
    data.writeUTF(SHAPE_TYPE);
    for (long value : shape) {
      data.writeLong(value);
    }
    data.writeUTF(MODE);
    data.writeLong(numbers.length());
    data.writeUTF(type(numbers));
    data.flush();
    writeNumbers(numbers, ByteOrder.BIG_ENDIAN, out);
  }

  /** Writes the numbers alone, 4 or 8 bytes each. */
  static void writeNumbers(Numbers numbers, ByteOrder order, OutputStream out) throws IOException {
    int width = numbers.isWide() ? Double.BYTES : Float.BYTES;
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * width).order(order);
    for (int from = 0; from < numbers.length(); from += CHUNK) {
      int end = Math.min(from + CHUNK, numbers.length());
      chunk.clear();
      for (int i = from; i < end; i++) {
        if (numbers.isWide()) {
          chunk.putDouble(numbers.at(i));
        } else {
          chunk.putFloat((float) numbers.at(i));
        }
      }
      out.write(chunk.array(), 0, chunk.position());
    }
  }

  /** Name of the numbers' type. */
  static String type(Numbers numbers) {
    return numbers.isWide() ? DOUBLE : FLOAT;
  }

  /**
   * Reads an array of shape [n] or [1, n].
   *
   * @param wanted expected length
   * @throws DamagedException if it does not match, before memory is allocated
   */
  public static Numbers read(ZipEntryStream entry, String name, long wanted) throws IOException {
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
    if (!typeName.equals(FLOAT) && !typeName.equals(DOUBLE)) {
      throw new DamagedException("its entry " + name + " does not hold numbers of 32 or 64 bits");
    }
    boolean wide = typeName.equals(DOUBLE);
    int width = wide ? Double.BYTES : Float.BYTES;
    if (length <= 0 || length != entry.left() / width || entry.left() % width != 0) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its entry %s claims %,d numbers of %d bytes but has %,d bytes",
              name,
              length,
              width,
              entry.left()));
    }
    // Strides and order are irrelevant for a single row.
    long[] row = shape(rank, length, wide);
    for (int i = rank + 1; i < row.length; i++) {
      row[i] = i == row.length - 3 ? row[i] : shape[i];
    }
    if (!Arrays.equals(row, shape)) {
      throw new DamagedException("its entry " + name + " is not one row of numbers");
    }
    if (length != wanted) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its entry %s has %,d numbers, and the network that its configuration describes %,d",
              name,
              length,
              wanted));
    }
    if (length > MAXIMUM) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its entry %s has %,d numbers, more than this program reads",
              name,
              length));
    }
    return wide
        ? Numbers.of(readDoubles(data, (int) length))
        : Numbers.of(readFloats(data, (int) length));
  }

  private static float[] readFloats(DataInputStream data, int length) throws IOException {
    float[] numbers = new float[length];
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * Float.BYTES);
    for (int from = 0; from < length; from += CHUNK) {
      int count = Math.min(CHUNK, length - from);
      data.readFully(chunk.array(), 0, count * Float.BYTES);
      chunk.asFloatBuffer().get(numbers, from, count);
    }
    return numbers;
  }

  private static double[] readDoubles(DataInputStream data, int length) throws IOException {
    double[] numbers = new double[length];
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * Double.BYTES);
    for (int from = 0; from < length; from += CHUNK) {
      int count = Math.min(CHUNK, length - from);
      data.readFully(chunk.array(), 0, count * Double.BYTES);
      chunk.asDoubleBuffer().get(numbers, from, count);
    }
    return numbers;
  }

  // Rank, shape, strides, type flags, stride between elements, order.
  private static long[] shape(int rank, long length, boolean wide) {
    long flags = wide ? 1L << 14 : 1L << 13;
    return rank == 1
        ? new long[] {1, length, 1, flags, 1, 'c'}
        : new long[] {2, 1, length, 1, 1, flags, 1, 'c'};
  }

  private static void expect(String wanted, String found, String name) throws DamagedException {
    if (!wanted.equals(found)) {
      throw new DamagedException("its entry " + name + " is not an array of ND4J 1.0.0");
    }
  }
}
