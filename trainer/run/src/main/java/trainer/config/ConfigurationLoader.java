package trainer.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import trainer.config.binding.Binding;
import trainer.config.binding.RecordType;
import trainer.file.LocaleEncoding;

/** Reads a configuration from YAML and reports all its problems at once. */
public final class ConfigurationLoader {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private ConfigurationLoader() {}

  /**
   * Reads a file. Its relative paths are resolved against its folder, those of overrides against
   * the working directory.
   *
   * @param overrides {@code KEY=VALUE}, the value as YAML
   * @throws ConfigurationException naming all problems
   */
  public static Configuration load(Path file, List<String> overrides) {
    String text = ConfigurationText.read(file);
    Path folder = file.toAbsolutePath().getParent();
    Binding binding = new Binding(RecordType.of(Configuration.class));
    Configuration configuration = parse(text, file.toString(), overrides, binding);
    Path here = Path.of("").toAbsolutePath();
    try {
      return fitting(configuration.resolve(key -> binding.isAssigned(key) ? here : folder), file);
    } catch (InvalidPathException e) {
      String problem = "'%s' is not a path here: %s";
      throw ConfigurationText.failure(
          file.toString(), 0, problem.formatted(e.getInput(), LocaleEncoding.reason(e)));
    }
  }

  /** Checkpoints contain the configuration with absolute paths, which must still be readable. */
  private static Configuration fitting(Configuration configuration, Path file) {
    int bytes = ConfigurationWriter.toYaml(configuration).getBytes(StandardCharsets.UTF_8).length;
    if (bytes > ConfigurationText.MAXIMUM_BYTES) {
      throw ConfigurationText.failure(
          file.toString(),
          0,
          "with absolute paths it has %,d bytes, more than the maximum of %,d: list the"
                  .formatted(bytes, ConfigurationText.MAXIMUM_BYTES)
              + " files in data.corpus by a glob such as texts/*.txt");
    }
    return configuration;
  }

  /**
   * Reads a text; paths stay unchanged.
   *
   * @param sourceName names the text in problems, and the run if the text has no name
   * @param overrides {@code KEY=VALUE}, the value as YAML
   * @throws ConfigurationException naming all problems
   */
  public static Configuration parse(String yaml, String sourceName, List<String> overrides) {
    return parse(yaml, sourceName, overrides, new Binding(RecordType.of(Configuration.class)));
  }

  private static Configuration parse(
      String yaml, String sourceName, List<String> overrides, Binding binding) {
    ConfigurationText.checkSize(yaml.length(), sourceName);
    String text = yaml.startsWith(BYTE_ORDER_MARK) ? yaml.substring(1) : yaml;
    String name = nameOf(sourceName);
    Map<String, String> fallbacks =
        name.matches(Configuration.NAME_FORM) ? Map.of("name", name) : Map.of();
    return binding
        .read(text, sourceName, overrides, fallbacks)
        .map(Configuration.class::cast)
        .orElseThrow(() -> new ConfigurationException(binding.problems()));
  }

  private static String nameOf(String source) {
    return source.replaceFirst("(?s).*[/\\\\]", "").replaceFirst("\\.ya?ml$", "");
  }
}
