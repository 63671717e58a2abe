package trainer.checkpoint;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.run.DamagedException;

/**
 * The carried state in a checkpoint, exact. Little-endian: {@code CARRIED1}, the number of layers
 * (int); per layer: lanes, size and whether it has a memory c (int each), then h [lanes, size] and
 * c [lanes, size] as doubles.
 */
final class CarriedStateFormat {
  private static final byte[] MAGIC = "CARRIED1".getBytes(StandardCharsets.US_ASCII);
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
   * @param network the expected layers; a file without layers is a zero state
   * @param lanes expected per layer
   * @throws DamagedException if it does not match, before memory is allocated
   */
  static CarriedState read(ZipEntryStream entry, String name, List<Layer> network, int lanes)
      throws IOException {
    DataInputStream in = new DataInputStream(entry);
    byte[] magic = new byte[MAGIC.length];
    in.readFully(magic);
    int count = readInteger(in);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new DamagedException("its entry " + name + " is not a carried state");
    }
    if (count != 0 && count != network.size()) {
      throw new DamagedException(
          "its entry %s has %d layers, and the network that its configuration describes %d"
              .formatted(name, count, network.size()));
    }
    List<LayerState> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int claimedLanes = readInteger(in);
      int size = readInteger(in);
      int cells = readInteger(in);
      Layer layer = network.get(i);
      if (claimedLanes != lanes || size != layer.size() || cells != cells(layer)) {
        throw new DamagedException(
            "its entry %s has %d lanes of %d units in layer %d, and the network that its configuration describes %d of %d"
                .formatted(name, claimedLanes, size, i, lanes, layer.size()));
      }
      long numbers = (long) lanes * size;
      if (numbers > Integer.MAX_VALUE || numbers > entry.left() / Double.BYTES / (1 + cells)) {
        throw new DamagedException("its entry " + name + " is too short");
      }
      double[] hidden = readNumbers(in, (int) numbers);
      layers.add(
          new LayerState(lanes, size, hidden, cells == 1 ? readNumbers(in, (int) numbers) : null));
    }
    return new CarriedState(List.copyOf(layers));
  }

  private static int cells(Layer layer) {
    return CellLayout.of(layer.type()).hasMemory() ? 1 : 0;
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
