package trainer.benchmark;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * Converts parameters to libtorch's layout: for each layer weight_ih [gates·H, in], weight_hh
 * [gates·H, H], bias_ih and bias_hh [gates·H], row-major, which is Deeplearning4j's column-major
 * transpose. libtorch orders an LSTM's gates input, forget, candidate, output; Deeplearning4j
 * candidate, forget, output, input. A GRU's gates are reset, update, candidate on both sides.
 */
final class LibtorchParameters {
  private static final int TENSORS_OF_A_LAYER = 4;
  private static final int[] LSTM_BLOCKS = {3, 1, 0, 2};
  private static final int[] GRU_BLOCKS = {0, 1, 2};

  private final Workload workload;
  private final float[] source;
  private int position;

  LibtorchParameters(Workload workload, float[] source) {
    this.workload = workload;
    this.source = source;
  }

  void copyTo(TensorVector tensors) {
    int size = workload.size();
    for (int layer = 0; layer < workload.layers(); layer++) {
      int first = TENSORS_OF_A_LAYER * layer;
      fill(tensors.get(first), blocks(workload.inputs(layer) * size));
      fill(tensors.get(first + 1), blocks(size * size));
      fill(tensors.get(first + 2), blocks(size));
      float[] second = new float[workload.cell().gates * size];
      if (workload.cell() == Workload.Cell.GRU) {
        System.arraycopy(source, position, second, 2 * size, size);
        position += size;
      }
      fill(tensors.get(first + 3), second);
    }
    int output = TENSORS_OF_A_LAYER * workload.layers();
    fill(tensors.get(output), next(size * workload.vocabulary()));
    fill(tensors.get(output + 1), next(workload.vocabulary()));
    if (position != source.length) {
      throw new IllegalStateException(
          "libtorch took %d parameters of %d".formatted(position, source.length));
    }
  }

  private float[] blocks(int length) {
    int[] order = workload.cell() == Workload.Cell.GRU ? GRU_BLOCKS : LSTM_BLOCKS;
    float[] blocks = new float[order.length * length];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(source, position + order[i] * length, blocks, i * length, length);
    }
    position += blocks.length;
    return blocks;
  }

  private float[] next(int length) {
    float[] values = new float[length];
    System.arraycopy(source, position, values, 0, length);
    position += length;
    return values;
  }

  private static void fill(Tensor tensor, float[] values) {
    tensor.copy_(Tensor.create(values).view_as(tensor));
  }

  /**
   * Excludes bias_hh from the next update, except a GRU's candidate: elsewhere it duplicates
   * bias_ih, and both together would move twice as far as one bias.
   */
  static void clearSecondBiases(Workload workload, TensorVector tensors) {
    int gates = workload.cell() == Workload.Cell.GRU ? 2 : workload.cell().gates;
    int redundant = gates * workload.size();
    for (int layer = 0; layer < workload.layers(); layer++) {
      Tensor gradient = tensors.get(TENSORS_OF_A_LAYER * layer + 3).mutable_grad();
      gradient.narrow(0, 0, redundant).zero_();
    }
  }
}
