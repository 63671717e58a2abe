package trainer.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.Networks;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;

final class OnnxExportTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void export() {
    file = folder.resolve("model.onnx");
  }

  @Test
  void theGraphHasOneOperatorForEachLayerWithItsStates() throws IOException {
    try (CharacterNetwork network = ReadText.network(Networks.mixed())) {
      OnnxExport.write(network, ReadText.texts(), file);
      ModelProto model = read();

      assertThat(model.getOpsetImport(0).getVersion()).isEqualTo(OnnxExport.OPSET);
      assertThat(model.getMetadataPropsList())
          .anySatisfy(
              text -> {
                assertThat(text.getKey()).isEqualTo("vocabulary.json");
                assertThat(text.getValue()).isEqualTo(ReadText.VOCABULARY.toJson());
              });
      assertThat(model.getGraph().getNodeList().stream().map(NodeProto::getOpType))
          .containsSubsequence("LSTM", "RNN", "GRU", "LSTM", "MatMul", "Add");
      assertThat(model.getGraph().getInputList().stream().map(ValueInfoProto::getName))
          .containsExactly(
              "characters", "hidden_0", "memory_0", "hidden_1", "hidden_2", "hidden_3", "memory_3");
      assertThat(model.getGraph().getOutputList().stream().map(ValueInfoProto::getName))
          .startsWith("logits", "next_hidden_0", "next_memory_0");
      Map<String, TensorProto> weights =
          model.getGraph().getInitializerList().stream()
              .collect(Collectors.toMap(TensorProto::getName, Function.identity()));
      assertThat(weights.get("layer0.W").getDimsList()).containsExactly(1L, 20L, 16L);
      assertThat(weights.get("layer0.R").getDimsList()).containsExactly(1L, 20L, 5L);
      assertThat(weights.get("layer0.B").getDimsList()).containsExactly(1L, 40L);
      assertGates(weights.get("layer0.P"), NamedParameters.of(network));
    }
  }

  /** i, o, f */
  private static void assertGates(TensorProto peepholes, Map<String, INDArray> named) {
    var numbers = peepholes.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    for (String gate : new String[] {"input", "output", "forget"}) {
      for (int unit = 0; unit < 5; unit++) {
        assertThat(numbers.getFloat())
            .isEqualTo(named.get("layer0.peephole." + gate).getFloat(0, unit));
      }
    }
    assertThat(numbers.hasRemaining()).isFalse();
  }

  @Test
  @Tag("slow")
  void onnxRuntimeComputesTheSame() throws IOException, InterruptedException {
    try (CharacterNetwork network = ReadText.network(Networks.mixed())) {
      OnnxExport.write(network, ReadText.texts(), file);

      String printed =
          Python.run(
              "onnxruntime", folder, "onnx_check.py", file, ReadText.of(network).write(folder));

      assertThat(printed).contains("one by one: (3, 40, 16)").contains("ONNX Runtime 1.");
    }
  }

  private ModelProto read() throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return ModelProto.parseFrom(in);
    }
  }
}
