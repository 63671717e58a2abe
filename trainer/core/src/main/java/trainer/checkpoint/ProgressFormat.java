package trainer.checkpoint;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.TreeSet;
import trainer.run.DamagedException;
import trainer.run.RunFileJson;
import trainer.training.Progress;

/** {@link Progress} as JSON, the components of its {@code validation} in their place. */
final class ProgressFormat {
  private ProgressFormat() {}

  static String write(Progress progress) {
    return RunFileJson.text(progress);
  }

  static Progress read(String text, String name) throws DamagedException {
    ObjectNode node = RunFileJson.parse(text, name);
    ObjectNode complete = node.deepCopy();
    complete.putIfAbsent("earlier_updates", IntNode.valueOf(0)); // written only if it is not 0
    Progress progress = RunFileJson.read(complete, Progress.class, name);
    checkKeys(node, progress, name);
    return progress;
  }

  /** Jackson ignores unknown keys in a record with unwrapped components. */
  private static void checkKeys(ObjectNode node, Progress progress, String name)
      throws DamagedException {
    Set<String> unknown = new TreeSet<>();
    node.fieldNames().forEachRemaining(unknown::add);
    RunFileJson.parse(write(progress), name).fieldNames().forEachRemaining(unknown::remove);
    if (!unknown.isEmpty()) {
      throw new DamagedException(
          "%s has the unknown key '%s'".formatted(name, unknown.iterator().next()));
    }
  }
}
