package trainer.service.datasets;

import java.util.List;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;

/**
 * What submitted configurations may use.
 *
 * @param roots the only folders of texts
 * @param cluster whether runs may train on several machines
 * @param mostGpus that may train a run; at least 1
 */
public record SubmissionRules(DatasetRoots roots, boolean cluster, int mostGpus) {
  /**
   * Parses and restricts a configuration.
   *
   * @param text YAML or JSON
   * @param source file name for messages; names the run if the text does not
   * @throws ConfigurationException with all errors
   */
  public SubmittedConfiguration read(String text, String source) {
    return read(text, source, List.of());
  }

  /**
   * The same with keys overridden.
   *
   * @param overrides {@code KEY=VALUE}, the value as YAML
   */
  public SubmittedConfiguration read(String text, String source, List<String> overrides) {
    return SubmittedConfiguration.of(
        ConfigurationLoader.parse(text, source, overrides), source, this);
  }
}
