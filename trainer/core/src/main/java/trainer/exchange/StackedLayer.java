package trainer.exchange;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import trainer.config.Layer.CellType;

/**
 * A recurrent layer's weights as other programs keep them: the rows of its gates below each other.
 *
 * @param parameters of the network, from {@link trainer.network.NamedParameters}
 * @param layer the beginning of its names there
 * @param gates in the other program's order, named as in {@link trainer.cell.CellLayout}
 */
record StackedLayer(Map<String, INDArray> parameters, String layer, List<String> gates) {

  /** The order of gates in PyTorch. */
  static List<String> gatesOfPyTorch(CellType type) {
    return switch (type) {
      case LSTM, GRAVES_LSTM -> List.of("input", "forget", "cell", "output");
      case GRU -> List.of("reset", "update", "candidate");
      case SIMPLE_RNN -> List.of("hidden");
    };
  }

  /** The order of gates in ONNX. */
  static List<String> gatesOfOnnx(CellType type) {
    return switch (type) {
      case LSTM, GRAVES_LSTM -> List.of("input", "output", "forget", "cell");
      case GRU -> List.of("update", "reset", "candidate");
      case SIMPLE_RNN -> List.of("hidden");
    };
  }

  /** [gates · H, in] */
  INDArray inputWeights() {
    return stacked("input_weights");
  }

  /** [gates · H, H] */
  INDArray recurrentWeights() {
    return stacked("recurrent_weights");
  }

  /** [gates · H] */
  INDArray bias() {
    return vector(stacked("bias"));
  }

  /** What is added to R h alone: zero, but for a GRU's candidate. [gates · H] */
  INDArray recurrentBias() {
    return vector(
        Nd4j.concat(
            0,
            gates.stream()
                .map(
                    gate -> {
                      INDArray own = parameters.get(layer + ".recurrent_bias." + gate);
                      return own == null
                          ? Nd4j.zeros(bias(gate).dataType(), bias(gate).length(), 1)
                          : own.transpose();
                    })
                .toArray(INDArray[]::new)));
  }

  /** A row of H weights for each of some gates, [gates, H]. */
  INDArray peepholes(List<String> order) {
    return Nd4j.concat(
        0,
        order.stream()
            .map(gate -> parameters.get(layer + ".peephole." + gate))
            .toArray(INDArray[]::new));
  }

  boolean hasPeepholes() {
    return parameters.containsKey(layer + ".peephole.forget");
  }

  /** H */
  int size() {
    return (int) bias(gates.get(0)).length();
  }

  private INDArray bias(String gate) {
    return parameters.get(layer + ".bias." + gate);
  }

  private INDArray stacked(String kind) {
    return Nd4j.concat(
        0,
        gates.stream()
            .map(gate -> parameters.get(layer + "." + kind + "." + gate).transpose())
            .toArray(INDArray[]::new));
  }

  private static INDArray vector(INDArray column) {
    return column.reshape(column.length());
  }
}
