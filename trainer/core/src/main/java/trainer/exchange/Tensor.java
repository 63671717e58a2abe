package trainer.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import trainer.run.DamagedException;

/**
 * An array in a file. Its numbers are read when asked for.
 *
 * @param shape lengths, whose product an int can hold
 * @param reader reads the numbers, row by row
 */
record Tensor(int[] shape, Reader reader) {
  private static final int CHUNK_BYTES = 1 << 16;

  interface Reader {
    double[] read() throws IOException;
  }

  /** Whether the shape is this one. */
  boolean is(int... lengths) {
    return Arrays.equals(shape, lengths);
  }

  /** How many numbers it has. */
  int count() {
    return count(shape);
  }

  /** How many numbers a shape has that {@link #shape(String, long, long...)} returned. */
  static int count(int... shape) {
    return Arrays.stream(shape).reduce(1, (one, other) -> one * other);
  }

  double[] numbers() throws IOException {
    return reader.read();
  }

  /** The shape, such as {@code [20, 7]}. */
  String described() {
    return Arrays.stream(shape)
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /**
   * Checks a shape that a file claims.
   *
   * @param most numbers that it may have
   * @throws DamagedException if it is not one, or has more numbers
   */
  static int[] shape(String name, long most, long... lengths) throws DamagedException {
    long numbers = 1;
    for (long length : lengths) {
      if (length < 0 || length > Integer.MAX_VALUE) {
        throw new DamagedException("%s has a side of %d numbers".formatted(name, length));
      }
      numbers = Math.min(numbers * length, Long.MAX_VALUE >> 31);
    }
    if (numbers > Math.min(most, Integer.MAX_VALUE)) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "%s has a shape of more numbers than its part of the file, %,d",
              name,
              most));
    }
    return Arrays.stream(lengths).mapToInt(Math::toIntExact).toArray();
  }

  /** Reads consecutive numbers of a file, which has them. */
  static double[] read(SeekableByteChannel file, long start, NumberType type, int count)
      throws IOException {
    double[] numbers = new double[count];
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.position(start);
    int read = 0;
    while (read < count) {
      chunk.clear().limit(Math.min(CHUNK_BYTES / type.bytes(), count - read) * type.bytes());
      while (chunk.hasRemaining()) {
        if (file.read(chunk) < 0) {
          throw new DamagedException("it became shorter while it was read");
        }
      }
      chunk.flip();
      while (chunk.hasRemaining()) {
        numbers[read++] = type.next(chunk);
      }
    }
    return numbers;
  }
}
