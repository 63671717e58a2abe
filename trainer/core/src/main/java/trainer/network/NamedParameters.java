package trainer.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.cell.CellLayout;
import trainer.cell.LayerParameters;
import trainer.cell.Views;
import trainer.config.Layer.CellType;

/**
 * A network's parameters gate by gate, under names such as {@code layer0.input_weights.forget},
 * {@code layer0.peephole.output} and {@code output.bias}. The arrays are views: matrices [in, H],
 * vectors [1, H].
 */
public final class NamedParameters {
  private NamedParameters() {}

  /** The parameters by name. */
  public static Map<String, INDArray> of(CharacterNetwork network) {
    Map<String, INDArray> named = new LinkedHashMap<>();
    for (int i = 0; i < network.model().layers().size(); i++) {
      CellType type = network.model().layers().get(i).type();
      put(named, "layer" + i, type, network.layerParameters(i));
    }
    put(named, network.outputParameters());
    return named;
  }

  /** The gradients of the last {@link trainer.engine.Engine#gradient} by name. */
  public static Map<String, INDArray> gradients(CharacterNetwork network) {
    Map<String, INDArray> named = new LinkedHashMap<>();
    for (int i = 0; i < network.model().layers().size(); i++) {
      CellType type = network.model().layers().get(i).type();
      put(named, "layer" + i, type, network.layerGradients(i));
    }
    put(named, network.outputGradients());
    return named;
  }

  private static void put(
      Map<String, INDArray> named, String layer, CellType type, LayerParameters arrays) {
    CellLayout cell = CellLayout.of(type);
    List<String> gates = cell.gates();
    int size = arrays.recurrentWeights().rows();
    for (int g = 0; g < gates.size(); g++) {
      String gate = gates.get(g);
      named.put(layer + ".input_weights." + gate, columns(arrays.inputWeights(), g, size));
      named.put(layer + ".recurrent_weights." + gate, columns(arrays.recurrentWeights(), g, size));
      named.put(layer + ".bias." + gate, columns(arrays.bias(), g, size));
    }
    for (int p = 0; p < cell.peepholes().size(); p++) {
      named.put(
          layer + ".peephole." + cell.peepholes().get(p),
          columns(arrays.recurrentWeights(), gates.size() * size + p, 1).transpose());
    }
    if (arrays.recurrentBias() != null) {
      named.put(layer + ".recurrent_bias.candidate", arrays.recurrentBias());
    }
  }

  private static void put(Map<String, INDArray> named, LayerParameters.Output output) {
    named.put("output.weights", output.weights());
    named.put("output.bias", output.bias());
  }

  private static INDArray columns(INDArray matrix, int block, int width) {
    return Views.columns(matrix, (long) block * width, (block + 1L) * width);
  }
}
