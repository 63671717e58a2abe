package trainer.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.checkpoint.SafetensorsExport;
import trainer.config.Layer;
import trainer.file.AtomicFile;
import trainer.file.FileException;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;
import trainer.run.RunException;
import trainer.run.RunFileJson;

/**
 * A network as a folder for PyTorch: {@code model.safetensors}, {@code vocabulary.json} and {@code
 * loader.py}, which opens them with nothing but torch. The tensors are the state dict of its
 * module, named and laid out as those of {@code torch.nn.LSTM}, {@code GRU} and {@code RNN}.
 */
public final class PyTorchExport {
  static final List<String> PEEPHOLES = List.of("input", "forget", "output");

  private static final String LOADER = "loader.py";

  private PyTorchExport() {}

  /**
   * Writes the folder, which is made if it is missing.
   *
   * @param texts config.yml and vocabulary.json, by name
   * @throws RunException if a file cannot be written
   */
  public static void write(CharacterNetwork network, Map<String, String> texts, Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw FileException.of(folder, "cannot be created", e, "name another folder with --output");
    }
    Map<String, String> metadata = new LinkedHashMap<>(texts);
    metadata.put("layers", layers(network.model().layers()));
    AtomicFile.write(folder.resolve("vocabulary.json"), texts.get("vocabulary.json"));
    AtomicFile.write(folder.resolve(LOADER), PyTorchExport::copyLoader);
    SafetensorsExport.write(stateDict(network), metadata, folder.resolve("model.safetensors"));
  }

  private static void copyLoader(OutputStream out) throws IOException {
    try (InputStream in = PyTorchExport.class.getResourceAsStream(LOADER)) {
      in.transferTo(out);
    }
  }

  /** The weights by PyTorch's names. */
  static Map<String, INDArray> stateDict(CharacterNetwork network) {
    Map<String, INDArray> named = NamedParameters.of(network);
    Map<String, INDArray> state = new LinkedHashMap<>();
    List<Layer> layers = network.model().layers();
    for (int i = 0; i < layers.size(); i++) {
      StackedLayer layer =
          new StackedLayer(named, "layer" + i, StackedLayer.gatesOfPyTorch(layers.get(i).type()));
      String prefix = "layers." + i + ".";
      state.put(prefix + "weight_ih_l0", layer.inputWeights());
      state.put(prefix + "weight_hh_l0", layer.recurrentWeights());
      state.put(prefix + "bias_ih_l0", layer.bias());
      state.put(prefix + "bias_hh_l0", layer.recurrentBias());
      if (layer.hasPeepholes()) {
        state.put(prefix + "peepholes_l0", layer.peepholes(PEEPHOLES));
      }
    }
    INDArray bias = named.get("output.bias");
    state.put("output.weight", named.get("output.weights").transpose());
    state.put("output.bias", bias.reshape(bias.length()));
    return state;
  }

  private static String layers(List<Layer> layers) {
    var list = RunFileJson.object().putArray("layers");
    for (Layer layer : layers) {
      ObjectNode node = list.addObject();
      node.put("type", layer.type().name().toLowerCase(Locale.ROOT));
      node.put("size", layer.size());
      node.put("dropout", layer.dropout());
    }
    return RunFileJson.line(list);
  }
}
