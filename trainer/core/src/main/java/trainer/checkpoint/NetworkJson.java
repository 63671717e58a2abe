package trainer.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import trainer.run.DamagedException;
import trainer.run.RunFileJson;

/**
 * Deeplearning4j's JSON of a network, which names the Java classes to instantiate. This program
 * never passes it to Deeplearning4j, but others that open a checkpoint or an export do: it may name
 * only the classes of a character network.
 */
final class NetworkJson {
  private static final String CLASS = "@class";
  private static final Set<String> ALLOWED =
      Set.of(
          "org.deeplearning4j.nn.conf.dropout.Dropout",
          "org.deeplearning4j.nn.conf.layers.GravesLSTM",
          "org.deeplearning4j.nn.conf.layers.LSTM",
          "org.deeplearning4j.nn.conf.layers.RnnOutputLayer",
          "org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn",
          "org.deeplearning4j.nn.weights.WeightInitXavier",
          "org.nd4j.linalg.activations.impl.ActivationSigmoid",
          "org.nd4j.linalg.activations.impl.ActivationSoftmax",
          "org.nd4j.linalg.activations.impl.ActivationTanH",
          "org.nd4j.linalg.learning.config.Adam",
          "org.nd4j.linalg.learning.config.Nesterovs",
          "org.nd4j.linalg.learning.config.RmsProp",
          "org.nd4j.linalg.learning.config.Sgd",
          "org.nd4j.linalg.lossfunctions.impl.LossMCXENT",
          "trainer.layer.Gru");

  private NetworkJson() {}

  /**
   * Checks the named classes.
   *
   * @param name the file, for the message
   * @throws DamagedException if it is not JSON, or names another class
   */
  static void check(String text, String name) throws DamagedException {
    for (JsonNode type : classes(RunFileJson.parse(text, name))) {
      if (!type.isTextual() || !ALLOWED.contains(type.textValue())) {
        throw RunFileJson.wrong(name, CLASS, type, "a part of a character network");
      }
    }
  }

  private static List<JsonNode> classes(JsonNode root) {
    return root.findValues(CLASS);
  }
}
