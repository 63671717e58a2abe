package trainer.engine.cpu;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import trainer.config.Layer.CellType;

/** The arrays of a fixture as one vector in Deeplearning4j's order. */
final class FixtureVector {
  private FixtureVector() {}

  static float[] of(NetworkShape shape, CellType cell, JsonNode arrays) {
    float[] vector = new float[shape.parameters()];
    int at = 0;
    for (int l = 0; l < shape.layers().size(); l++) {
      String layer = "layer" + l + ".";
      List<String> gates =
          switch (cell) {
            case SIMPLE_RNN -> List.of("hidden");
            case GRU -> List.of("reset", "update", "candidate");
            case LSTM, GRAVES_LSTM -> List.of("cell", "forget", "output", "input");
          };
      for (String gate : gates) {
        at = matrix(arrays.get(layer + "input_weights." + gate), vector, at);
      }
      for (String gate : gates) {
        at = matrix(arrays.get(layer + "recurrent_weights." + gate), vector, at);
      }
      if (cell == CellType.GRAVES_LSTM) {
        for (String gate : List.of("forget", "output", "input")) {
          at = vector(arrays.get(layer + "peephole." + gate), vector, at);
        }
      }
      for (String gate : gates) {
        at = vector(arrays.get(layer + "bias." + gate), vector, at);
      }
      if (cell == CellType.GRU) {
        at = vector(arrays.get(layer + "recurrent_bias.candidate"), vector, at);
      }
    }
    at = matrix(arrays.get("output.weights"), vector, at);
    at = vector(arrays.get("output.bias"), vector, at);
    if (at != vector.length) {
      throw new IllegalStateException(at + " of " + vector.length + " elements in the fixture");
    }
    return vector;
  }

  private static int matrix(JsonNode rows, float[] vector, int at) {
    int count = rows.size();
    int columns = rows.get(0).size();
    for (int c = 0; c < columns; c++) {
      for (int r = 0; r < count; r++) {
        vector[at++] = (float) rows.get(r).get(c).asDouble();
      }
    }
    return at;
  }

  private static int vector(JsonNode values, float[] vector, int at) {
    for (JsonNode value : values) {
      vector[at++] = (float) value.asDouble();
    }
    return at;
  }
}
