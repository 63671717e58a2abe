package trainer.engine.cpu;

import java.util.List;
import java.util.stream.Stream;
import trainer.cell.CellLayout;
import trainer.config.Layer.CellType;

/**
 * The order of a cell's sums on the CPU, and where Deeplearning4j keeps their columns.
 *
 * <p>Sums that only the input feeds come first, sums that only the recurrence feeds come last: the
 * two halves of the GRU's candidate.
 *
 * @param inputBlocks of each sum from the input: its block of H columns in Deeplearning4j's W
 * @param recurrentBlocks of each sum from the recurrence: its block of H columns in RW
 * @param biasBlocks of each sum: its block of H elements in the biases; a GRU's recurrent bias
 *     follows its biases
 * @param peepholeColumns of each peephole, in the order of the gates: its column behind the blocks
 *     of RW
 */
record GateOrder(
    int[] inputBlocks, int[] recurrentBlocks, int[] biasBlocks, int[] peepholeColumns) {
  private static final int[] NONE = {};
  private static final int[] ONE = {0};

  private static final GateOrder SIMPLE_RNN = new GateOrder(ONE, ONE, ONE, NONE);

  /** Here i, f, o, candidate; Deeplearning4j has candidate, f, o, i. */
  private static final GateOrder LSTM = lstm(NONE);

  /** Here peepholes of i, f, o; Deeplearning4j has f, o, i. */
  private static final GateOrder GRAVES_LSTM = lstm(new int[] {2, 0, 1});

  /** Here W n, r, z, R n; the layer's parameters have r, z, n. */
  private static final GateOrder GRU =
      new GateOrder(new int[] {2, 0, 1}, new int[] {0, 1, 2}, new int[] {2, 0, 1, 3}, NONE);

  private static GateOrder lstm(int[] peepholes) {
    int[] blocks = {3, 1, 2, 0};
    return new GateOrder(blocks, blocks, blocks, peepholes);
  }

  static GateOrder of(CellType type) {
    return switch (type) {
      case SIMPLE_RNN -> SIMPLE_RNN;
      case LSTM -> LSTM;
      case GRAVES_LSTM -> GRAVES_LSTM;
      case GRU -> GRU;
    };
  }

  /** The sums that only the input feeds, those that both feed, those that only the recurrence. */
  static List<Group> groups(CellLayout cell) {
    int firstRecurrent = cell.firstRecurrent();
    int fromInput = cell.fromInput();
    return Stream.of(
            new Group(0, firstRecurrent),
            new Group(firstRecurrent, fromInput - firstRecurrent),
            new Group(fromInput, cell.sums() - fromInput))
        .filter(group -> group.gates > 0)
        .toList();
  }

  /**
   * Sums whose columns are adjacent. A matrix that all threads share has the columns of the first
   * group, thread by thread, then those of the next: so all columns from the input are adjacent,
   * and all from the recurrence.
   *
   * @param first the first sum
   * @param gates number of sums
   */
  record Group(int first, int gates) {
    /** The first column of one thread's units in a shared matrix of a layer of {@code size}. */
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
}
