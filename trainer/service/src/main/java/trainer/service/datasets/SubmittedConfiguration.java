package trainer.service.datasets;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;
import trainer.config.ConfigurationWriter;
import trainer.config.Data;
import trainer.config.binding.ConfigurationProblem;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Submission;

/**
 * A configuration from an untrusted client, restricted to the dataset folders. {@code data.url} is
 * removed, so it never causes a download.
 *
 * @param name of the run
 * @param yaml every key resolved, paths absolute
 * @param device required by it
 */
public record SubmittedConfiguration(String name, String yaml, DeviceKind device) {

  /**
   * Parses and restricts a configuration.
   *
   * @param text YAML or JSON
   * @param source file name for messages; names the run if the text does not
   * @throws ConfigurationException with all errors
   */
  public static SubmittedConfiguration read(String text, String source, DatasetRoots roots) {
    Configuration submitted = ConfigurationLoader.parse(text, source, List.of());
    Configuration confined = confine(submitted, source, roots);
    return new SubmittedConfiguration(
        confined.name(), ConfigurationWriter.toYaml(confined), device(confined.compute()));
  }

  private static DeviceKind device(Compute compute) {
    if (compute.engine() == EngineType.AUTO) {
      return compute.precision() == Precision.TF32 ? DeviceKind.GPU : DeviceKind.ANY;
    }
    return compute.engine().needsGpu() ? DeviceKind.GPU : DeviceKind.CPU;
  }

  private static Configuration confine(Configuration submitted, String source, DatasetRoots roots) {
    Data data = submitted.data();
    List<ConfigurationProblem> problems = new ArrayList<>();
    List<String> corpus = new ArrayList<>();
    for (String entry : data.corpus()) {
      corpus.add(resolve(entry, "data.corpus", source, roots, problems));
    }
    String vocabulary =
        data.vocabulary() == null
            ? null
            : resolve(data.vocabulary(), "data.vocabulary", source, roots, problems);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return withTexts(submitted, corpus, vocabulary);
  }

  /**
   * A submission of this configuration.
   *
   * @param initFrom registered version with the initial weights, {@code NAME@VERSION}, or null
   * @param model folder of that version, whose vocabulary is kept, or null
   */
  public Submission submission(
      int priority, String principal, String idempotencyKey, String initFrom, Path model) {
    return new Submission(
        name,
        model == null ? yaml : yamlWithVocabulary(model),
        priority,
        principal,
        idempotencyKey,
        initFrom,
        device);
  }

  private String yamlWithVocabulary(Path model) {
    Configuration read = ConfigurationLoader.parse(yaml, name, List.of());
    return ConfigurationWriter.toYaml(withTexts(read, read.data().corpus(), model.toString()));
  }

  private static Configuration withTexts(
      Configuration submitted, List<String> corpus, String vocabulary) {
    Data data = submitted.data();
    return submitted.with(
        new Data(
            corpus,
            null,
            null,
            data.normalize(),
            data.newlines(),
            vocabulary,
            data.unknown(),
            data.shuffle(),
            data.split(),
            data.splitBlocks()));
  }

  private static String resolve(
      String entry,
      String key,
      String source,
      DatasetRoots roots,
      List<ConfigurationProblem> problems) {
    try {
      return roots.resolve(entry);
    } catch (DatasetException e) {
      problems.add(new ConfigurationProblem(source, 0, key, entry, e.getMessage()));
      return entry;
    }
  }
}
