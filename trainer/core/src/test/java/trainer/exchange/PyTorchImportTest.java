package trainer.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.checkpoint.SafetensorsExport;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.Engine;
import trainer.network.CharacterNetwork;

final class PyTorchImportTest {
  private static final float HALF = 0.5f;

  @TempDir private Path folder;

  /** All gates of all cells, and the sum of two biases. */
  @Test
  void whatIsExportedIsImportedBitForBit() {
    Path file = folder.resolve("model.safetensors");
    Layer[] layers = Networks.mixed();
    try (CharacterNetwork network =
        Networks.nd4j(Networks.configuration(2, 5, layers), 16, DataType.FLOAT)) {
      SafetensorsExport.write(PyTorchExport.stateDict(network), ReadText.texts(), file);

      try (ImportedNetwork imported = ImportedNetwork.open(file)) {
        assertThat(imported.vocabulary()).isEqualTo(16);
        assertThat(imported.layers())
            .extracting(Layer::type, Layer::size)
            .containsExactlyElementsOf(
                List.of(layers).stream().map(layer -> tuple(layer.type(), layer.size())).toList());
        assertThat(imported.parameters().floats()).isEqualTo(network.params().toFloatVector());
      }
    }
  }

  @Test
  void aZipOfTorchSaveIsReadInTheOrderOfDeeplearning4j() throws IOException {
    Path file = folder.resolve("model.pt");
    PickleFixture.network(HALF).zip(file);
    try (ImportedNetwork imported = ImportedNetwork.open(file)) {
      assertThat(imported.layers()).containsExactly(new Layer(CellType.SIMPLE_RNN, 2, 0));
      float[] expected = PickleFixture.count(21, HALF);
      System.arraycopy(PickleFixture.count(11, HALF + 12), 0, expected, 10, 11);
      expected[10] = 2 * HALF + 10 + 12; // the two biases
      expected[11] = 2 * HALF + 11 + 13;
      assertThat(imported.parameters().floats()).isEqualTo(expected);
    }
  }

  /** A transposed matrix keeps its numbers in the other order. */
  @Test
  void stridesAreFollowed() throws IOException {
    Path file = folder.resolve("model.pt");
    new PickleFixture()
        .text("rnn.weight_ih_l0")
        .name("torch._utils", "_rebuild_tensor_v2")
        .write('(')
        .storage("FloatStorage", 7, 9, 1, 2, 3, 4, 5, 6)
        .view(1, new int[] {2, 3}, new int[] {1, 2})
        .write('s')
        .tensor("rnn.weight_hh_l0", new int[] {2, 2}, 0, 0, 0, 0)
        .tensor("out.weight", new int[] {3, 2}, 0, 0, 0, 0, 0, 0)
        .zip(file);
    try (ImportedNetwork imported = ImportedNetwork.open(file)) {
      assertThat(imported.parameters().floats()).startsWith(1, 3, 5, 2, 4, 6);
    }
  }

  /** Each is made by the script, and compared on 120 characters. */
  @Test
  @Tag("slow")
  void modelsOfPyTorchPredictTheSameHere() throws IOException, InterruptedException {
    String printed = Python.run("torch", folder, "pytorch_models.py", folder);
    assertThat(printed).contains("PyTorch 2.");
    int models = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.{pt,safetensors}")) {
      for (Path file : files) {
        assertSame(file, new ObjectMapper().readTree(folder.resolve(file + ".json").toFile()));
        models++;
      }
    }
    assertThat(models).isEqualTo(8);
  }

  private static void assertSame(Path file, JsonNode expected) {
    try (ImportedNetwork imported = ImportedNetwork.open(file);
        CharacterNetwork network =
            Networks.nd4j(
                Networks.configuration(3, 5, imported.layers().toArray(Layer[]::new)),
                imported.vocabulary(),
                DataType.DOUBLE)) {
      network.setParams(imported.parameters().like(network.params()));
      try (Engine.Session session = network.session(3)) {
        for (int t = 0; t < expected.get("characters").size(); t++) {
          int[] characters = new int[3];
          for (int lane = 0; lane < 3; lane++) {
            characters[lane] = expected.get("characters").get(t).get(lane).asInt();
          }
          float[] logProbabilities = session.next(characters);
          for (int i = 0; i < logProbabilities.length; i++) {
            assertThat((double) logProbabilities[i])
                .as("%s: character %d", file, t)
                .isCloseTo(
                    expected
                        .get("log_probabilities")
                        .get(t)
                        .get(i / imported.vocabulary())
                        .get(i % imported.vocabulary())
                        .asDouble(),
                    within(1e-6));
          }
        }
      }
    }
  }
}
