package trainer.engine.cpu;

import java.util.List;
import java.util.stream.Stream;
import trainer.config.Layer.CellType;

/**
 * How the gates of a cell are ordered, here and in DL4J's parameters.
 *
 * <p>Gate planes are ordered so that the gates that the input feeds come first and the gates that
 * the recurrence feeds come last; where a gate is fed by one of them only (the GRU's candidate), it
 * stands at that end.
 *
 * @param count gates, that is planes
 * @param fromInput the first so many gates get x W
 * @param fromRecurrence the last so many gates get h R
 * @param inputBlocks for each gate from the input, which block of H columns of DL4J's W it is
 * @param recurrentBlocks for each gate from the recurrence, which block of H columns of DL4J's RW
 * @param biasBlocks for each gate, which block of H elements of DL4J's biases; a GRU's recurrent
 *     bias follows its bias
 * @param peepholeColumns for each peephole, in the order of the gates, which of the columns behind
 *     the blocks of DL4J's RW; empty without peepholes
 */
record GateOrder(
    int count,
    int fromInput,
    int fromRecurrence,
    int[] inputBlocks,
    int[] recurrentBlocks,
    int[] biasBlocks,
    int[] peepholeColumns) {

  private static final int[] NONE = {};

  private static final GateOrder SIMPLE_RNN =
      new GateOrder(1, 1, 1, new int[] {0}, new int[] {0}, new int[] {0}, NONE);

  /** Here i, f, o, candidate; DL4J has candidate, f, o, i. */
  private static final GateOrder LSTM = lstm(NONE);

  /** DL4J's peepholes are those of f, o, i. */
  private static final GateOrder GRAVES_LSTM = lstm(new int[] {2, 0, 1});

  /** Here W n, r, z, R n; the layer's parameters have r, z, n. */
  private static final GateOrder GRU =
      new GateOrder(
          4, 3, 3, new int[] {2, 0, 1}, new int[] {0, 1, 2}, new int[] {2, 0, 1, 3}, NONE);

  private static GateOrder lstm(int[] peepholes) {
    int[] blocks = {3, 1, 2, 0};
    return new GateOrder(4, 4, 4, blocks, blocks, blocks, peepholes);
  }

  static GateOrder of(CellType type) {
    return switch (type) {
      case SIMPLE_RNN -> SIMPLE_RNN;
      case LSTM -> LSTM;
      case GRAVES_LSTM -> GRAVES_LSTM;
      case GRU -> GRU;
    };
  }

  /** The first gate that the recurrence feeds. */
  int firstRecurrent() {
    return count - fromRecurrence;
  }

  /** The gates that only the input feeds, those that both feed, those that only the recurrence. */
  List<Group> groups() {
    return Stream.of(
            new Group(0, firstRecurrent()),
            new Group(firstRecurrent(), fromInput - firstRecurrent()),
            new Group(fromInput, count - fromInput))
        .filter(group -> group.gates > 0)
        .toList();
  }

  /**
   * Gates whose columns lie together. In a matrix that all threads share, all their columns of the
   * first group come first, thread by thread, then those of the next group: so the columns of the
   * gates from the input are adjacent, and those of the gates from the recurrence too.
   *
   * @param first the first gate
   * @param gates how many
   */
  record Group(int first, int gates) {
    /** The first column of one thread's units in a shared matrix of a layer of so many units. */
    int sharedColumn(int size, Units units) {
      return first * size + gates * units.first();
    }

    /** The first column in a matrix of one thread's units alone. */
    int ownColumn(Units units) {
      return first * units.count();
    }

    int columns(Units units) {
      return gates * units.count();
    }
  }

  /** Columns of DL4J's RW for a layer of so many units. */
  int recurrentColumns(int size) {
    return fromRecurrence * size + peepholeColumns.length;
  }

  /** Parameters of a layer. */
  int parameters(int inputs, int size) {
    return inputs * fromInput * size + size * recurrentColumns(size) + count * size;
  }
}
