package trainer.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Networks;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;

final class PyTorchExportTest {
  @TempDir private Path folder;

  @Test
  void theFolderHoldsWeightsVocabularyAndLoader() throws IOException {
    Path model = folder.resolve("new/model");
    try (CharacterNetwork network = ReadText.network(Networks.mixed())) {
      PyTorchExport.write(network, ReadText.texts(), model);
    }

    assertThat(model.resolve("vocabulary.json")).hasContent(ReadText.VOCABULARY.toJson());
    assertThat(model.resolve("loader.py")).content().contains("def load(directory):");
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(model.resolve("model.safetensors")))
            .order(ByteOrder.LITTLE_ENDIAN);
    String header = new String(bytes.array(), 8, (int) bytes.getLong(0), StandardCharsets.UTF_8);
    assertThat(header)
        .contains("\\\"type\\\":\\\"graves_lstm\\\",\\\"size\\\":5,\\\"dropout\\\":0.3")
        .contains("\"layers.0.weight_ih_l0\":{\"dtype\":\"F64\",\"shape\":[20,16]")
        .contains("\"layers.0.peepholes_l0\":{\"dtype\":\"F64\",\"shape\":[3,5]")
        .contains("\"layers.2.bias_hh_l0\":{\"dtype\":\"F64\",\"shape\":[21]")
        .contains("\"output.weight\":{\"dtype\":\"F64\",\"shape\":[16,4]");
  }

  /** i, f, g, o of an LSTM; r, z, n of a GRU, whose candidate has a bias inside the reset. */
  @Test
  void gatesAreInTheOrderOfPyTorch() {
    try (CharacterNetwork network =
        ReadText.network(new Layer(CellType.LSTM, 2, 0), new Layer(CellType.GRU, 3, 0))) {
      Map<String, INDArray> state = PyTorchExport.stateDict(network);
      Map<String, INDArray> named = NamedParameters.of(network);

      String[] lstm = {"input", "forget", "cell", "output"};
      for (int row = 0; row < 8; row++) {
        String gate = lstm[row / 2];
        assertThat(state.get("layers.0.weight_ih_l0").getDouble(row, 5))
            .isEqualTo(named.get("layer0.input_weights." + gate).getDouble(5, row % 2));
        assertThat(state.get("layers.0.weight_hh_l0").getDouble(row, 1))
            .isEqualTo(named.get("layer0.recurrent_weights." + gate).getDouble(1, row % 2));
        assertThat(state.get("layers.0.bias_ih_l0").getDouble(row))
            .isEqualTo(named.get("layer0.bias." + gate).getDouble(0, row % 2));
        assertThat(state.get("layers.0.bias_hh_l0").getDouble(row)).isZero();
      }
      String[] gru = {"reset", "update", "candidate"};
      INDArray inside = named.get("layer1.recurrent_bias.candidate");
      inside.addi(0.5);
      INDArray recurrentBias = PyTorchExport.stateDict(network).get("layers.1.bias_hh_l0");
      for (int row = 0; row < 9; row++) {
        assertThat(state.get("layers.1.weight_hh_l0").getDouble(row, 2))
            .isEqualTo(named.get("layer1.recurrent_weights." + gru[row / 3]).getDouble(2, row % 3));
        assertThat(recurrentBias.getDouble(row))
            .isEqualTo(row < 6 ? 0 : inside.getDouble(0, row - 6));
      }
    }
  }

  @Test
  @Tag("slow")
  void pyTorchComputesTheSame() throws IOException, InterruptedException {
    try (CharacterNetwork network = ReadText.network(Networks.mixed())) {
      PyTorchExport.write(network, ReadText.texts(), folder);

      String printed =
          Python.run(
              "torch", folder, "pytorch_check.py", folder, ReadText.of(network).write(folder));

      assertThat(printed).contains("whole: (3, 40, 16)").contains("PyTorch 2.");
    }
  }
}
