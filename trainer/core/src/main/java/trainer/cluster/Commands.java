package trainer.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import trainer.engine.CarriedState;
import trainer.engine.CarriedState.LayerState;
import trainer.text.Segment;

/** Messages between driver and ranks: their types, and how payloads are written. */
final class Commands {
  /** Driver to rank: number of ranks, addresses, configuration, vocabulary. */
  static final byte JOIN = 1;

  /** Iteration, learning rate, segment; answered by loss and norm. */
  static final byte TRAIN = 2;

  /** Likewise, without clipping or update. */
  static final byte GRADIENT = 3;

  /** Which vector; answered by it. */
  static final byte READ = 4;

  /** Which vector, and the vector; not answered. */
  static final byte WRITE = 5;

  /** Answered by the carried state. */
  static final byte STATE = 6;

  /** The carried state; not answered. */
  static final byte SET_STATE = 7;

  /** Answered by a checksum of parameters and optimizer averages. */
  static final byte CHECKSUM = 8;

  /** The end of the run; not answered. */
  static final byte CLOSE = 9;

  /** Rank to driver: the result. */
  static final byte RESULT = 20;

  /** Rank to driver: whether it would go wrong again (a byte), and what went wrong. */
  static final byte FAILED = 21;

  /** What {@link #READ} and {@link #WRITE} name. */
  enum Vector {
    PARAMETERS(0),
    GRADIENT(1),
    AVERAGES(2);

    private final byte code;

    Vector(int code) {
      this.code = (byte) code;
    }

    void put(ByteBuffer to) {
      to.put(code);
    }

    static Vector of(ByteBuffer from) throws IOException {
      byte code = from.get();
      for (Vector vector : values()) {
        if (vector.code == code) {
          return vector;
        }
      }
      throw new IOException("an unknown vector " + code);
    }
  }

  /** A message that has been received. */
  record Message(byte type, ByteBuffer payload) {
    /** A copy of a payload that will be overwritten. */
    static Message copy(byte type, ByteBuffer payload) {
      ByteBuffer copy = ByteBuffer.allocate(payload.remaining()).order(payload.order());
      return new Message(type, copy.put(payload).flip());
    }
  }

  private Commands() {}

  static int bytes(String text) {
    return 4 + text.getBytes(StandardCharsets.UTF_8).length;
  }

  static void put(ByteBuffer to, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    to.putInt(bytes.length).put(bytes);
  }

  static String text(ByteBuffer from) {
    byte[] bytes = new byte[from.getInt()];
    from.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static void put(ByteBuffer to, float[] vector) {
    to.asFloatBuffer().put(vector);
  }

  static float[] floats(ByteBuffer from) {
    float[] vector = new float[from.remaining() / Float.BYTES];
    from.asFloatBuffer().get(vector);
    return vector;
  }

  /** Bytes of a segment. */
  static int bytes(int length, int lanes) {
    return 8 + 8 * length * lanes;
  }

  static void put(ByteBuffer to, Segment segment) {
    to.putInt(segment.length()).putInt(segment.lanes());
    to.asIntBuffer().put(segment.inputs()).put(segment.targets());
  }

  static Segment segment(ByteBuffer from) {
    Segment segment = new Segment(from.getInt(), from.getInt());
    from.asIntBuffer().get(segment.inputs()).get(segment.targets());
    return segment;
  }

  static int bytes(CarriedState state) {
    int bytes = 4;
    for (LayerState layer : state.layers()) {
      bytes += 9 + 8 * layer.hidden().length * (layer.cell() == null ? 1 : 2);
    }
    return bytes;
  }

  static void put(ByteBuffer to, CarriedState state) {
    to.putInt(state.layers().size());
    for (LayerState layer : state.layers()) {
      to.putInt(layer.lanes()).putInt(layer.size()).put((byte) (layer.cell() == null ? 0 : 1));
      put(to, layer.hidden());
      if (layer.cell() != null) {
        put(to, layer.cell());
      }
    }
  }

  private static void put(ByteBuffer to, double[] values) {
    to.asDoubleBuffer().put(values);
    to.position(to.position() + Double.BYTES * values.length);
  }

  static CarriedState state(ByteBuffer from) {
    List<LayerState> layers = new ArrayList<>();
    for (int count = from.getInt(); count > 0; count--) {
      int lanes = from.getInt();
      int size = from.getInt();
      boolean memory = from.get() != 0;
      double[] hidden = doubles(from, lanes * size);
      layers.add(new LayerState(lanes, size, hidden, memory ? doubles(from, lanes * size) : null));
    }
    return new CarriedState(layers);
  }

  private static double[] doubles(ByteBuffer from, int count) {
    double[] values = new double[count];
    from.asDoubleBuffer().get(values);
    from.position(from.position() + Double.BYTES * count);
    return values;
  }
}
