package trainer.service.schedule;

import java.util.Locale;
import trainer.config.Configuration;
import trainer.file.Sha256;
import trainer.service.datasets.SubmissionRules;
import trainer.service.datasets.SubmittedConfiguration;

/**
 * The settings of a schedule.
 *
 * @param configuration YAML, as submitted
 * @param model that its results are registered for
 * @param start initial weights
 * @param skipUnchanged whether to skip if text and configuration are unchanged since the last
 *     result
 * @param heldOut evaluation text in the dataset folders; null: the test split of the challenger's
 *     corpus, or the validation split if there is none
 * @param margin by which the challenger's loss must be lower, nats per character, at least 0
 * @param keep number of newest versions that keep their files, at least 1
 * @param keepRuns number of newest runs that stay, at least 1
 * @param missed instants without a running service
 * @param overlap whether it may start before its previous trigger run has ended
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
    int keepRuns,
    Missed missed,
    boolean overlap,
    int priority) {

  /** The configuration, restricted to the dataset folders. */
  SubmittedConfiguration confined(SubmissionRules rules) {
    return rules.read(configuration, name + ".yml");
  }

  /**
   * Checks configuration and held-out text when the schedule is saved, not when it is due.
   *
   * @throws trainer.config.ConfigurationException with all errors of the configuration
   * @throws trainer.service.datasets.DatasetException if the held-out text is missing
   */
  public void check(SubmissionRules rules) {
    SubmittedConfiguration submitted = confined(rules);
    if (name.matches(Configuration.NEW_NAME_FORM)) { // else its runs may have the schedule's name
      submitted.requireNewName();
    }
    if (heldOut != null) {
      rules.roots().resolve(heldOut, submitted.encoding());
    }
  }

  /**
   * SHA-256 of everything but the text that decides what a trigger run does.
   *
   * @param yaml the confined configuration
   */
  String inputsSha256(String yaml) {
    return Sha256.hex(
        String.join("\n", model, start.word(), heldOut, Double.toString(margin), yaml));
  }

  /** Initial weights. */
  public enum Start {
    /** Random weights. */
    FRESH,

    /** The champion's weights and vocabulary, if there is a champion. */
    CHAMPION;

    /** Lower case, as stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Handling of instants without a running service. */
  public enum Missed {
    /** Recorded only. */
    SKIP,

    /** One trigger run for all of them. */
    ONCE;

    /** Lower case, as stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
