package trainer.benchmark;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A network and its training text, the same for both sides of a comparison. The optimizer is Adam
 * at {@link #LEARNING_RATE} after clipping the gradient's norm to {@link #CLIPPING_NORM}.
 *
 * @param cell of all recurrent layers
 * @param layers recurrent layers
 * @param size units of each
 * @param lanes batch size
 * @param length characters per segment
 * @param vocabulary number of distinct characters
 * @param carried whether hidden state carries over from segment to segment
 * @param bfloat16 whether the factors of products are rounded to bfloat16
 */
record Workload(
    Cell cell,
    int layers,
    int size,
    int lanes,
    int length,
    int vocabulary,
    boolean carried,
    boolean bfloat16) {
  static final double LEARNING_RATE = 0.002;
  static final double CLIPPING_NORM = 5;

  /** Segments of text, read in a cycle. */
  static final int SEGMENTS = 8;

  /** Cells, with Deeplearning4j's gates. */
  enum Cell {
    LSTM("LSTM", 4, 0, 0),
    GRAVES_LSTM("GravesLSTM", 4, 3, 0),
    GRU("GRU", 3, 0, 1);

    final String title;
    final int gates;
    final int peepholes;
    final int recurrentBiases;

    Cell(String title, int gates, int peepholes, int recurrentBiases) {
      this.title = title;
      this.gates = gates;
      this.peepholes = peepholes;
      this.recurrentBiases = recurrentBiases;
    }
  }

  /** The cell and the layers, such as {@code LSTM 2×256 bfloat16}. */
  String network() {
    return "%s %d×%d%s".formatted(cell.title, layers, size, bfloat16 ? " bfloat16" : "");
  }

  int characters() {
    return lanes * length;
  }

  int inputs(int layer) {
    return layer == 0 ? vocabulary : size;
  }

  /**
   * Floating-point operations of a step's matrix products: per weight and character two forward,
   * four backward. The first layer's input product is a row lookup.
   */
  double operations() {
    double weights = (double) size * vocabulary;
    for (int layer = 0; layer < layers; layer++) {
      weights += (layer == 0 ? 1.0 : 2.0) * cell.gates * size * size;
    }
    return 6 * weights * characters();
  }

  /**
   * Initial parameters, uniform in ±1/√H. Layer by layer: W [in, gates·H], RW [H, gates·H +
   * peepholes], b [gates·H], a GRU's recurrent bias [H]; then W [H, V] and b [V] of the output
   * layer. Matrices are column-major.
   */
  float[] parameters() {
    int count = (size + 1) * vocabulary;
    for (int layer = 0; layer < layers; layer++) {
      count += (inputs(layer) + size) * cell.gates * size + size * cell.peepholes;
      count += (cell.gates + cell.recurrentBiases) * size;
    }
    Random random = new Random(1);
    float range = (float) (1 / Math.sqrt(size));
    float[] parameters = new float[count];
    for (int i = 0; i < count; i++) {
      parameters[i] = range * (2 * random.nextFloat() - 1);
    }
    return parameters;
  }

  /**
   * A partly predictable text: each character is mostly followed by one of a few.
   *
   * @return [SEGMENTS · length + 1][lanes]
   */
  int[][] text() {
    Random random = new Random(2);
    int[][] text = new int[SEGMENTS * length + 1][lanes];
    for (int lane = 0; lane < lanes; lane++) {
      int character = random.nextInt(vocabulary);
      for (int[] step : text) {
        step[lane] = character;
        character =
            random.nextInt(4) == 0
                ? random.nextInt(vocabulary)
                : (7 * character + random.nextInt(3)) % vocabulary;
      }
    }
    return text;
  }

  void write(Path file) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeUTF(cell.name());
      for (int number : new int[] {layers, size, lanes, length, vocabulary}) {
        out.writeInt(number);
      }
      out.writeBoolean(carried);
      out.writeBoolean(bfloat16);
      for (float parameter : parameters()) {
        out.writeFloat(parameter);
      }
      for (int[] step : text()) {
        for (int character : step) {
          out.writeInt(character);
        }
      }
    }
  }

  /** A workload with parameters and text, as read from a file. */
  record Given(Workload workload, float[] parameters, int[][] text) {

    static Given read(Path file) throws IOException {
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
        Cell cell = Cell.valueOf(in.readUTF());
        Workload workload =
            new Workload(
                cell,
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readInt(),
                in.readBoolean(),
                in.readBoolean());
        float[] parameters = new float[workload.parameters().length];
        for (int i = 0; i < parameters.length; i++) {
          parameters[i] = in.readFloat();
        }
        int[][] text = new int[SEGMENTS * workload.length() + 1][workload.lanes()];
        for (int[] step : text) {
          for (int lane = 0; lane < step.length; lane++) {
            step[lane] = in.readInt();
          }
        }
        return new Given(workload, parameters, text);
      }
    }

    /** Characters of a segment, time-major [length · lanes]; its targets with a shift of one. */
    int[] characters(int segment, int shift) {
      int[] characters = new int[workload.characters()];
      for (int step = 0; step < workload.length(); step++) {
        System.arraycopy(
            text[segment * workload.length() + step + shift],
            0,
            characters,
            step * workload.lanes(),
            workload.lanes());
      }
      return characters;
    }
  }
}
