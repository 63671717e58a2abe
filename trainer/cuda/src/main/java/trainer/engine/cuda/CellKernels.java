package trainer.engine.cuda;

import java.util.Locale;
import java.util.stream.IntStream;
import trainer.config.Compute.Precision;
import trainer.config.Layer.CellType;

/**
 * A cell's kernels: their names, and the order of its sums in them, by Deeplearning4j's blocks of H
 * columns. The recurrent weights and the peepholes keep Deeplearning4j's order.
 *
 * @param name what the names of the cell's kernels begin with
 * @param inputBlocks of each sum from the input: its block in W
 * @param biasBlocks of each sum: its block in the biases; a GRU's recurrent bias follows its biases
 */
record CellKernels(String name, int[] inputBlocks, int[] biasBlocks) {

  static CellKernels of(CellType type) {
    return switch (type) {
      case SIMPLE_RNN -> inOrder("simple_rnn", 1);
      case LSTM, GRAVES_LSTM -> inOrder("lstm", 4);
      // n from the input, r, z, n from the recurrence; the layer's parameters have r, z, n.
      case GRU -> new CellKernels("gru", new int[] {2, 0, 1}, new int[] {2, 0, 1, 3});
    };
  }

  private static CellKernels inOrder(String name, int gates) {
    int[] blocks = IntStream.range(0, gates).toArray();
    return new CellKernels(name, blocks, blocks);
  }

  /** The kernel of one forward step. */
  String forward() {
    return name + "_forward";
  }

  /** The kernel of one backward step. */
  String backward() {
    return name + "_backward";
  }

  /** The kernel of all steps in one direction. */
  String sequence(PersistentPlan.Direction direction, Precision precision) {
    return "%s_%s_sequence_%s".formatted(name, direction, precision).toLowerCase(Locale.ROOT);
  }
}
