package trainer.engine.cuda;

import java.util.stream.IntStream;
import trainer.config.Layer.CellType;

/**
 * The order of a cell's sums in the kernels, by Deeplearning4j's blocks of H columns. The recurrent
 * weights and the peepholes keep Deeplearning4j's order.
 *
 * @param inputBlocks of each sum from the input: its block in W
 * @param biasBlocks of each sum: its block in the biases; a GRU's recurrent bias follows its biases
 */
record CellKernels(int[] inputBlocks, int[] biasBlocks) {

  static CellKernels of(CellType type) {
    return switch (type) {
      case SIMPLE_RNN -> same(1);
      case LSTM, GRAVES_LSTM -> same(4);
      // n from the input, r, z, n from the recurrence; the layer's parameters have r, z, n.
      case GRU -> new CellKernels(new int[] {2, 0, 1}, new int[] {2, 0, 1, 3});
    };
  }

  private static CellKernels same(int gates) {
    int[] blocks = IntStream.range(0, gates).toArray();
    return new CellKernels(blocks, blocks);
  }
}
