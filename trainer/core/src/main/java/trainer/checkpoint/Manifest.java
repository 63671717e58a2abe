package trainer.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import trainer.run.DamagedException;
import trainer.run.Json;

/**
 * What a checkpoint says about itself.
 *
 * @param iteration updates made when it was written
 * @param checksums SHA-256 of every other entry, by name
 */
record Manifest(long iteration, Map<String, String> checksums) {
  static final String NAME = "trainer/manifest.json";

  private static final String FORMAT = "character-rnn-checkpoint";
  private static final int VERSION = 1;
  private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{64}");

  static String of(int iteration, List<StoredZip.Entry> entries) {
    ObjectNode node = Json.object();
    node.put("format", FORMAT).put("version", VERSION).put("iteration", iteration);
    ObjectNode checksums = node.putObject("sha256");
    for (StoredZip.Entry entry : entries) {
      checksums.put(entry.name(), entry.sha256());
    }
    return Json.text(node);
  }

  static Manifest parse(String text) throws DamagedException {
    String name = "its entry " + NAME;
    ObjectNode node = Json.parse(text, name);
    String format = Json.string(node, "format", name);
    if (!format.equals(FORMAT)) {
      throw Json.wrong(name, "format", node.get("format"), '"' + FORMAT + '"');
    }
    long version = Json.count(node, "version", name);
    if (version != VERSION) {
      throw new DamagedException(
          "it has format version %d, where this program reads version %d: a newer program wrote it"
              .formatted(version, VERSION));
    }
    long iteration = Json.count(node, "iteration", name);
    if (!(Json.required(node, "sha256", name) instanceof ObjectNode listed)) {
      throw Json.wrong(name, "sha256", node.get("sha256"), "an object");
    }
    Map<String, String> checksums = new TreeMap<>();
    for (Map.Entry<String, JsonNode> property : listed.properties()) {
      String checksum = Json.string(listed, property.getKey(), name);
      if (!CHECKSUM.matcher(checksum).matches()) {
        throw Json.wrong(name, property.getKey(), property.getValue(), "a SHA-256");
      }
      checksums.put(property.getKey(), checksum);
    }
    return new Manifest(iteration, checksums);
  }

  /** Checks that the entries there are those listed here, and that none is missing. */
  void match(Set<String> entries, Set<String> required) throws DamagedException {
    for (String name : required) {
      if (!entries.contains(name)) {
        throw new DamagedException("its entry " + name + " is missing");
      }
    }
    for (String name : checksums.keySet()) {
      if (!entries.contains(name)) {
        throw new DamagedException("its entry " + name + " is missing");
      }
    }
    for (String name : entries) {
      if (!name.equals(NAME) && !checksums.containsKey(name)) {
        throw new DamagedException("its entry " + name + " is not in its manifest");
      }
    }
  }
}
