package trainer.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Opens a checkpoint with Deeplearning4j alone: {@code PlainDeeplearning4j CHECKPOINT.zip}. GRU
 * layers also need this program's classes on the class path.
 */
public final class PlainDeeplearning4j {
  private PlainDeeplearning4j() {}

  /** Prints the most probable continuation of a line break. */
  public static void main(String[] arguments) throws IOException {
    System.out.println(continuation(new File(arguments[0]), 100));
  }

  static String continuation(File checkpoint, int length) throws IOException {
    MultiLayerNetwork network = ModelSerializer.restoreMultiLayerNetwork(checkpoint, false);
    int[] codePoints = vocabulary(checkpoint);
    StringBuilder text = new StringBuilder();
    int character = 0; // the line break in most texts
    for (int written = 0; written < length; written++) {
      INDArray input = Nd4j.zeros(1, codePoints.length, 1); // one-hot [lanes, vocabulary, steps]
      input.putScalar(0, character, 0, 1);
      character = network.rnnTimeStep(input).argMax(1).getInt(0);
      text.appendCodePoint(codePoints[character]);
    }
    return text.toString();
  }

  private static int[] vocabulary(File checkpoint) throws IOException {
    try (ZipFile zip = new ZipFile(checkpoint)) {
      JsonNode json =
          new ObjectMapper()
              .readTree(zip.getInputStream(zip.getEntry("trainer/vocabulary.json")))
              .get("characters");
      int[] codePoints = new int[json.size()];
      json.forEach(one -> codePoints[one.get("index").asInt()] = one.get("code_point").asInt());
      return codePoints;
    }
  }
}
