package trainer.service.datasets;

import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;
import trainer.config.ConfigurationWriter;
import trainer.config.Data;
import trainer.config.Training;
import trainer.config.binding.ConfigurationProblem;
import trainer.config.binding.Problems;
import trainer.config.binding.Selection;
import trainer.service.runs.DeviceKind;
import trainer.service.runs.Submission;

/**
 * A configuration from an untrusted client, restricted to the dataset folders. {@code data.url} is
 * removed, so it never causes a download.
 *
 * @param name of the run
 * @param yaml every key resolved, paths absolute
 * @param device required by it
 * @param gpus how many of them, if it requires any
 * @param encoding of its texts
 * @param training how it is trained
 */
public record SubmittedConfiguration(
    String name, String yaml, DeviceKind device, int gpus, Charset encoding, Training training) {
  private static final int MOST_ENTRIES = 1000;
  private static final int MOST_PATTERNS = 20; // each is compared with every file of a folder

  static SubmittedConfiguration of(Configuration submitted, String source, SubmissionRules rules) {
    Configuration confined = confine(submitted, source, rules);
    return new SubmittedConfiguration(
        confined.name(),
        ConfigurationWriter.toYaml(confined),
        device(confined.compute()),
        confined.compute().gpus().size().orElse(1),
        confined.data().encoding(),
        confined.training());
  }

  /**
   * Refuses names that only runs of version 1.0.0 have.
   *
   * @throws ConfigurationException if the name is one
   */
  public SubmittedConfiguration requireNewName() {
    if (!name.matches(Configuration.NEW_NAME_FORM)) {
      throw new ConfigurationException(
          List.of(
              new ConfigurationProblem(
                  "configuration",
                  0,
                  "name",
                  name,
                  "must be %s, not %s".formatted(Configuration.NEW_NAME_WORDS, name))));
    }
    return this;
  }

  private static DeviceKind device(Compute compute) {
    if (compute.workers() > 1) {
      return DeviceKind.CPU;
    }
    if (compute.engine() == EngineType.AUTO) {
      boolean several = compute.gpus().size().orElse(1) > 1;
      return several || compute.precision() == Precision.TF32 ? DeviceKind.GPU : DeviceKind.ANY;
    }
    return compute.engine().needsGpu() ? DeviceKind.GPU : DeviceKind.CPU;
  }

  private static Configuration confine(
      Configuration submitted, String source, SubmissionRules rules) {
    DatasetRoots roots = rules.roots();
    Data data = submitted.data();
    Problems problems = new Problems();
    checkEntries(data.corpus(), source, problems);
    int workers = submitted.compute().workers();
    if (workers > 1 && !rules.cluster()) {
      problems.add(
          new ConfigurationProblem(
              source,
              0,
              "compute.workers",
              Integer.toString(workers),
              "must be 1: this service has no cluster (spark_submit in service.yml)"));
    }
    checkGpus(submitted.compute().gpus(), source, rules.mostGpus(), problems);
    String tracking = submitted.mlflow().trackingUri();
    if (tracking != null) { // the service would call any host, with its own credentials
      problems.add(
          new ConfigurationProblem(
              source,
              0,
              "mlflow.tracking_uri",
              tracking,
              "must be null: the service sends runs only to the server that its setting mlflow_uri"
                  + " names"));
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems.list(source)); // before the disk is read
    }
    List<String> corpus = new ArrayList<>();
    for (String entry : data.corpus()) {
      corpus.add(
          resolve(entry, "data.corpus", source, e -> roots.resolve(e, data.encoding()), problems));
    }
    String vocabulary =
        data.vocabulary() == null
            ? null
            : resolve(data.vocabulary(), "data.vocabulary", source, roots::resolveFile, problems);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems.list(source));
    }
    return withTexts(submitted, corpus, vocabulary);
  }

  /** The service chooses the GPUs of a run, which are numbered from 0 for it. */
  private static void checkGpus(Selection gpus, String source, int most, Problems problems) {
    int count = gpus.size().orElse(1);
    String wrong = null;
    if (!gpus.indices().isEmpty() && !gpus.indices().equals(List.of(0))) {
      wrong = "must be a number, such as %d: the service chooses the GPUs".formatted(count);
    } else if (count > most) {
      wrong =
          "must be at most %d: this service has no more GPUs; for more, use the command 'train'"
              .formatted(most);
    }
    if (wrong != null) {
      problems.add(new ConfigurationProblem(source, 0, "compute.gpus", gpus.toString(), wrong));
    }
  }

  private static void checkEntries(List<String> corpus, String source, Problems problems) {
    if (corpus.size() > MOST_ENTRIES) {
      problems.add(
          problem("has %,d entries, and may have %,d", corpus.size(), MOST_ENTRIES, source));
    }
    int patterns = (int) corpus.stream().filter(Data::isPattern).count();
    if (patterns > MOST_PATTERNS) {
      problems.add(problem("has %,d patterns, and may have %,d", patterns, MOST_PATTERNS, source));
    }
    int characters = corpus.stream().filter(Data::isPattern).mapToInt(String::length).sum();
    if (characters > DatasetRoots.MOST_PATTERN_CHARACTERS) {
      problems.add(
          problem(
              "has patterns of %,d characters, and they may have %,d in all",
              characters, DatasetRoots.MOST_PATTERN_CHARACTERS, source));
    }
    Set<String> entries = new HashSet<>();
    for (String entry : corpus) {
      if (!entries.add(entry)) {
        problems.add(
            new ConfigurationProblem(
                source,
                0,
                "data.corpus",
                entry,
                "'%s' is given twice; remove one".formatted(entry)));
      }
    }
  }

  private static ConfigurationProblem problem(String words, int found, int most, String source) {
    return new ConfigurationProblem(
        source,
        0,
        "data.corpus",
        "",
        String.format(Locale.ROOT, words, found, most)
            + "; copy the texts to one folder, for a pattern such as texts/*.txt");
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
        device,
        gpus);
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
            data.encoding(),
            data.separator(),
            data.normalize(),
            data.newlines(),
            vocabulary,
            data.unknown(),
            data.shuffle(),
            data.split(),
            data.splitBlocks()));
  }

  private static String resolve(
      String entry, String key, String source, UnaryOperator<String> roots, Problems problems) {
    try {
      return roots.apply(entry);
    } catch (DatasetException e) {
      problems.add(new ConfigurationProblem(source, 0, key, entry, e.getMessage()));
      return entry;
    }
  }
}
