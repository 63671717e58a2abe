package trainer.service.schedule;

import java.util.Locale;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.SubmittedConfiguration;

/**
 * What a schedule trains, when, and what becomes of the result.
 *
 * @param name of the schedule
 * @param cron when
 * @param configuration YAML, as it came
 * @param model of the registry that the result becomes a version of
 * @param start where training begins
 * @param skipUnchanged whether nothing is trained while text and configuration are those that the
 *     last result came from
 * @param heldOut file of the dataset folders that champion and challenger are measured on; null:
 *     the test part of the challenger's corpus, or its validation part where it has none
 * @param margin the challenger is promoted if its loss is lower by more than this, nats per
 *     character, at least 0
 * @param keep so many of the newest versions keep their files, at least 1
 * @param missed what becomes of instants at which no service was there
 * @param overlap whether it begins again before the last time has come to its end
 * @param priority of its runs
 */
public record SchedulePlan(
    String name,
    Cron cron,
    String configuration,
    String model,
    Start start,
    boolean skipUnchanged,
    String heldOut,
    double margin,
    int keep,
    Missed missed,
    boolean overlap,
    int priority) {

  /** The configuration as it may be trained here. */
  SubmittedConfiguration confined(DatasetRoots roots) {
    return SubmittedConfiguration.read(configuration, name + ".yml", roots);
  }

  /**
   * Refuses now what would fail at night.
   *
   * @throws trainer.config.ConfigurationException naming all that is wrong with the configuration
   * @throws trainer.service.datasets.DatasetException if the held-out text is not there
   */
  public void check(DatasetRoots roots) {
    confined(roots);
    if (heldOut != null) {
      roots.resolve(heldOut);
    }
  }

  /** Where training begins. */
  public enum Start {
    /** With weights drawn anew. */
    FRESH,

    /** With the champion's weights and vocabulary, where there is a champion. */
    CHAMPION;

    /** As it is stored and shown: lower case. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What becomes of instants at which no service was there. */
  public enum Missed {
    /** They are noted. */
    SKIP,

    /** However many they were, the schedule fires once. */
    ONCE;

    /** As it is stored and shown: lower case. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
