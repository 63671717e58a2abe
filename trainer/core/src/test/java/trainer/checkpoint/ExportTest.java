package trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ExportTest {
  @TempDir Path directory;

  private static Map<String, INDArray> parameters() {
    INDArray flat = Nd4j.createFromArray(Examples.floats(20, 1));
    Map<String, INDArray> parameters = new LinkedHashMap<>();
    // A column-major view, like DL4J's weights.
    parameters.put(
        "layer0.input_weights.forget",
        flat.get(org.nd4j.linalg.indexing.NDArrayIndex.interval(4, 10)).reshape('f', 2, 3));
    parameters.put("layer0.bias", Nd4j.createFromArray(0.1, 1.0 / 3, -0.0));
    return parameters;
  }

  @Test
  void safetensorsHoldsNamesShapesAndNumbers() throws IOException {
    Map<String, INDArray> parameters = parameters();
    Path file = directory.resolve("model.safetensors");
    SafetensorsExport.write(parameters, Map.of("vocabulary", Examples.VOCABULARY), file);

    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    assertThat(length % 8).isZero();
    byte[] header = new byte[length];
    bytes.get(header);
    JsonNode json = new ObjectMapper().readTree(new String(header, StandardCharsets.UTF_8));
    assertThat(json.at("/__metadata__/vocabulary").asText()).isEqualTo(Examples.VOCABULARY);
    assertThat(json.get("layer0.input_weights.forget"))
        .hasToString("{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}");
    assertThat(json.get("layer0.bias"))
        .hasToString("{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[24,48]}");
    INDArray weights = parameters.get("layer0.input_weights.forget");
    for (int row = 0; row < 2; row++) {
      for (int column = 0; column < 3; column++) {
        assertThat(bytes.getFloat()).isEqualTo(weights.getFloat(row, column));
      }
    }
    assertThat(new double[] {bytes.getDouble(), bytes.getDouble(), bytes.getDouble()})
        .isEqualTo(parameters.get("layer0.bias").toDoubleVector());
    assertThat(bytes.hasRemaining()).isFalse();
  }

  @Test
  void csvHasOneLinePerNumberThatReadsBackExactly() throws IOException {
    Map<String, INDArray> parameters = parameters();
    Path file = directory.resolve("model.csv");
    CsvExport.write(parameters, file);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(1 + 6 + 3).startsWith("parameter,row,column,value");
    for (String line : lines.subList(1, lines.size())) {
      List<String> cells = List.of(line.split(","));
      INDArray array = parameters.get(cells.get(0));
      long row = Long.parseLong(cells.get(1));
      long column = Long.parseLong(cells.get(2));
      if (array.dataType() == DataType.DOUBLE) {
        assertThat(Double.parseDouble(cells.get(3))).isEqualTo(array.getDouble(column));
      } else {
        assertThat(Float.parseFloat(cells.get(3))).isEqualTo(array.getFloat(row, column));
      }
    }
  }
}
