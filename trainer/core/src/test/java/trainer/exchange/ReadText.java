package trainer.exchange;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import trainer.Networks;
import trainer.config.Layer;
import trainer.engine.Engine;
import trainer.engine.RandomText;
import trainer.network.CharacterNetwork;
import trainer.text.Segment;
import trainer.text.Vocabulary;

/**
 * What a network predicts after each character of a text.
 *
 * @param characters [T][B]
 * @param logProbabilities [T][B][V]
 */
record ReadText(int[][] characters, float[][][] logProbabilities) {
  static final Vocabulary VOCABULARY = Vocabulary.of("\n é𝄞abcdefghijkl");

  private static final int LANES = 3;
  private static final int LENGTH = 40;

  /** A network in float64 whose weights are those of a checkpoint, float32. */
  static CharacterNetwork network(Layer... layers) {
    CharacterNetwork network =
        Networks.nd4j(
            Networks.configuration(LANES, LENGTH, layers), VOCABULARY.size(), DataType.DOUBLE);
    network.setParams(
        network.params().castTo(DataType.FLOAT).mul(3).castTo(DataType.DOUBLE)); // far from linear
    return network;
  }

  /** By the reference, character by character. */
  static ReadText of(CharacterNetwork network) {
    Segment text = RandomText.segments(VOCABULARY.size(), LANES, LENGTH, LENGTH).get(0);
    int[][] characters = new int[text.length()][];
    float[][][] logProbabilities = new float[text.length()][LANES][];
    try (Engine.Session session = network.session(LANES)) {
      for (int t = 0; t < text.length(); t++) {
        characters[t] = Arrays.copyOfRange(text.inputs(), t * LANES, (t + 1) * LANES);
        float[] next = session.next(characters[t]);
        for (int lane = 0; lane < LANES; lane++) {
          int first = lane * VOCABULARY.size();
          logProbabilities[t][lane] = Arrays.copyOfRange(next, first, first + VOCABULARY.size());
        }
      }
    }
    return new ReadText(characters, logProbabilities);
  }

  Path write(Path folder) throws IOException {
    Path file = folder.resolve("expected.json");
    new ObjectMapper()
        .writeValue(
            file.toFile(), Map.of("characters", characters, "log_probabilities", logProbabilities));
    return file;
  }

  /** The texts that exports carry. */
  static Map<String, String> texts() {
    return Map.of("config.yml", "name: test\n", "vocabulary.json", VOCABULARY.toJson());
  }
}
