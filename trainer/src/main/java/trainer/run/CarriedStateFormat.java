package trainer.run;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;

/**
 * The carried state in a checkpoint, bit for bit. Little-endian: the eight letters {@code
 * CARRIED1}, the number of layers (4 bytes); per layer lanes, size and whether it has a cell (4
 * bytes each), then hidden [lanes, size] and cell [lanes, size] as 8-byte numbers.
 */
final class CarriedStateFormat {
  private static final byte[] MAGIC = "CARRIED1".getBytes(StandardCharsets.US_ASCII);
  private static final int MAXIMUM_LAYERS = 1_000;
  private static final int CHUNK = 1 << 10;

  private CarriedStateFormat() {}

  static void write(CarriedState state, OutputStream out) throws IOException {
    out.write(MAGIC);
    writeIntegers(out, state.layers().size());
    for (LayerState layer : state.layers()) {
      writeIntegers(out, layer.lanes(), layer.size(), layer.cell() == null ? 0 : 1);
      writeNumbers(out, layer.hidden());
      if (layer.cell() != null) {
        writeNumbers(out, layer.cell());
      }
    }
  }

  /**
   * Reads the state.
   *
   * @throws DamagedException if the entry is not one, before memory is taken for it
   */
  static CarriedState read(ZipEntryStream entry, String name) throws IOException {
    DataInputStream in = new DataInputStream(entry);
    byte[] magic = new byte[MAGIC.length];
    in.readFully(magic);
    int count = readInteger(in);
    if (!Arrays.equals(magic, MAGIC) || count < 0 || count > MAXIMUM_LAYERS) {
      throw new DamagedException("its entry " + name + " is not a carried state");
    }
    List<LayerState> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int lanes = readInteger(in);
      int size = readInteger(in);
      int cells = readInteger(in);
      long numbers = (long) lanes * size;
      if (lanes < 1
          || size < 1
          || cells < 0
          || cells > 1
          || numbers > entry.left() / Double.BYTES / (1 + cells)) {
        throw new DamagedException(
            "its entry %s claims a layer of %d lanes of %d, which it has no room for"
                .formatted(name, lanes, size));
      }
      double[] hidden = readNumbers(in, (int) numbers);
      layers.add(
          new LayerState(lanes, size, hidden, cells == 1 ? readNumbers(in, (int) numbers) : null));
    }
    return new CarriedState(List.copyOf(layers));
  }

  private static void writeIntegers(OutputStream out, int... values) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putInt(value);
    }
    out.write(bytes.array());
  }

  private static int readInteger(DataInputStream in) throws IOException {
    return Integer.reverseBytes(in.readInt());
  }

  private static void writeNumbers(OutputStream out, double[] values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += CHUNK) {
      bytes.clear();
      for (int i = from; i < Math.min(from + CHUNK, values.length); i++) {
        bytes.putDouble(values[i]);
      }
      out.write(bytes.array(), 0, bytes.position());
    }
  }

  private static double[] readNumbers(DataInputStream in, int count) throws IOException {
    double[] values = new double[count];
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < count; from += CHUNK) {
      int length = Math.min(CHUNK, count - from);
      in.readFully(bytes.array(), 0, length * Double.BYTES);
      bytes.clear();
      for (int i = 0; i < length; i++) {
        values[from + i] = bytes.getDouble();
      }
    }
    return values;
  }
}
