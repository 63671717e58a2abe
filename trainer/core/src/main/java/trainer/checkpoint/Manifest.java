package trainer.checkpoint;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import trainer.run.DamagedException;
import trainer.run.RunFileJson;

/**
 * Describes a checkpoint, as its first entry.
 *
 * @param iteration updates made when it was written
 * @param sha256 checksum of every other entry, by name, in their order
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Manifest(String format, int version, long iteration, Map<String, String> sha256) {
  static final String NAME = "trainer/manifest.json";

  private static final String FORMAT = "character-rnn-checkpoint";
  private static final int VERSION = 1;
  private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{64}");

  Manifest {
    RunFileJson.checkCount("iteration", iteration);
    sha256.forEach(
        (name, checksum) -> {
          if (!CHECKSUM.matcher(checksum).matches()) {
            throw new IllegalArgumentException(
                "'%s' is \"%s\", not a SHA-256".formatted(name, checksum));
          }
        });
  }

  static String of(int iteration, List<StoredZip.Entry> entries) {
    Map<String, String> checksums = new LinkedHashMap<>();
    for (StoredZip.Entry entry : entries) {
      checksums.put(entry.name(), entry.sha256());
    }
    return RunFileJson.text(new Manifest(FORMAT, VERSION, iteration, checksums));
  }

  static Manifest parse(String text) throws DamagedException {
    String name = "its entry " + NAME;
    ObjectNode node = RunFileJson.parse(text, name);
    // First, as another version may have other keys.
    if (!node.path("format").asText().equals(FORMAT) && node.has("format")) {
      throw RunFileJson.wrong(name, "format", node.get("format"), '"' + FORMAT + '"');
    }
    if (node.path("version").asInt(VERSION) != VERSION) {
      throw new DamagedException(
          "it has format version %s, where this program reads version %d: a newer program wrote it"
              .formatted(node.get("version"), VERSION));
    }
    return RunFileJson.read(node, Manifest.class, name);
  }

  /** Checks that the entries are exactly those listed here, and include the required ones. */
  void match(Set<String> entries, Set<String> required) throws DamagedException {
    for (String name : required) {
      if (!entries.contains(name)) {
        throw new DamagedException("its entry " + name + " is missing");
      }
    }
    for (String name : sha256.keySet()) {
      if (!entries.contains(name)) {
        throw new DamagedException("its entry " + name + " is missing");
      }
    }
    for (String name : entries) {
      if (!name.equals(NAME) && !sha256.containsKey(name)) {
        throw new DamagedException("its entry " + name + " is not in its manifest");
      }
    }
  }
}
