package trainer.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import trainer.network.NetworkConfiguration;
import trainer.run.DamagedException;
import trainer.run.RunFileJson;

/**
 * Deeplearning4j's JSON of a network, which names the Java classes to instantiate. This program
 * never passes it to Deeplearning4j, but others that open a checkpoint or an export do: it may name
 * only the classes of a character network, {@link NetworkConfiguration#CLASSES}.
 */
final class NetworkJson {
  private static final String CLASS = "@class";

  private NetworkJson() {}

  /**
   * Checks the named classes.
   *
   * @param name the file, for the message
   * @throws DamagedException if it is not JSON, or names another class
   */
  static void check(String text, String name) throws DamagedException {
    for (JsonNode type : classes(RunFileJson.parse(text, name))) {
      if (!type.isTextual() || !NetworkConfiguration.CLASSES.contains(type.textValue())) {
        throw RunFileJson.wrong(name, CLASS, type, "a part of a character network");
      }
    }
  }

  private static List<JsonNode> classes(JsonNode root) {
    return root.findValues(CLASS);
  }
}
