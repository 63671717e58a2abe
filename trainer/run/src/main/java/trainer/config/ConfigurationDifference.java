package trainer.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import trainer.config.binding.RecordType;

/**
 * The differences between two configurations of a run, by key.
 *
 * @param decidesTheNumbers changes that would make it another run
 * @param mayChange changes of duration, frequency or engine
 */
public record ConfigurationDifference(List<Change> decidesTheNumbers, List<Change> mayChange) {

  /** Keys that may differ, with all keys below them; all others decide the numbers. */
  static final List<String> FREE =
      List.of(
          "name",
          "training.early_stopping",
          "training.max_minutes",
          "evaluation",
          "checkpoints",
          "samples",
          "tensorboard",
          "mlflow",
          "compute.engine",
          "compute.threads",
          "compute.workers",
          "compute.gpus",
          "compute.recurrence");

  /** Keys that may differ unless the learning rate depends on the length of the run. */
  static final List<String> LENGTH = List.of("training.epochs", "training.max_iterations");

  /** Keys that only say where text and vocabulary are. */
  static final List<String> PLACES =
      List.of("data.corpus", "data.url", "data.sha256", "data.vocabulary");

  /**
   * A changed key.
   *
   * @param before its value as YAML, or "absent"
   * @param after likewise
   */
  public record Change(String key, String before, String after) {
    /** Whether it is one of these keys, or below one. */
    public boolean isWithin(List<String> keys) {
      return ConfigurationDifference.isWithin(key, keys);
    }

    @Override
    public String toString() {
      return key + ": " + before + " -> " + after;
    }
  }

  public ConfigurationDifference {
    decidesTheNumbers = List.copyOf(decidesTheNumbers);
    mayChange = List.copyOf(mayChange);
  }

  /**
   * Compares two configurations.
   *
   * @param sameText whether both corpora have the same hash; their location is then irrelevant
   */
  public static ConfigurationDifference between(
      Configuration before, Configuration after, boolean sameText) {
    Map<String, String> old = flatten(before);
    Map<String, String> now = flatten(after);
    boolean lengthMatters =
        before.training().schedule().dependsOnLength()
            || after.training().schedule().dependsOnLength();
    Set<String> keys = new LinkedHashSet<>(old.keySet());
    keys.addAll(now.keySet());
    List<Change> decidesTheNumbers = new ArrayList<>();
    List<Change> mayChange = new ArrayList<>();
    for (String key : keys) {
      if (!Objects.equals(old.get(key), now.get(key))) {
        boolean free =
            isWithin(key, FREE)
                || (!lengthMatters && isWithin(key, LENGTH))
                || (sameText && isWithin(key, PLACES));
        (free ? mayChange : decidesTheNumbers)
            .add(new Change(key, old.getOrDefault(key, "absent"), now.getOrDefault(key, "absent")));
      }
    }
    return new ConfigurationDifference(decidesTheNumbers, mayChange);
  }

  private static Map<String, String> flatten(Configuration configuration) {
    Map<String, String> values = new LinkedHashMap<>();
    RecordType.of(Configuration.class).flatten(configuration, "", values::put);
    return values;
  }

  private static boolean isWithin(String key, List<String> ancestors) {
    return ancestors.stream()
        .anyMatch(ancestor -> key.equals(ancestor) || key.startsWith(ancestor + "."));
  }
}
