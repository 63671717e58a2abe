package trainer.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import trainer.config.binding.Binding;
import trainer.config.binding.RecordType;

/** Reads a configuration from YAML and refuses it with everything that is wrong with it. */
public final class ConfigurationLoader {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private ConfigurationLoader() {}

  /**
   * Reads a file. Paths in the result are absolute: relative ones, those in overrides included, are
   * taken from the file's folder.
   *
   * @param overrides {@code KEY=VALUE}, the value as YAML
   * @throws ConfigurationException naming all that is wrong
   */
  public static Configuration load(Path file, List<String> overrides) {
    String text = ConfigurationText.read(file);
    Path folder = file.toAbsolutePath().getParent();
    Configuration configuration = parse(text, file.toString(), overrides);
    try {
      return fitting(configuration.resolve(folder), file);
    } catch (InvalidPathException e) {
      String reason = " cannot be a path on this system: " + e.getReason();
      throw ConfigurationText.failure(file.toString(), 0, "'" + e.getInput() + "'" + reason);
    }
  }

  /** Each checkpoint of a run carries the configuration, and must be one that can be read again. */
  private static Configuration fitting(Configuration configuration, Path file) {
    int bytes = ConfigurationWriter.toYaml(configuration).getBytes(StandardCharsets.UTF_8).length;
    if (bytes > ConfigurationText.MAXIMUM_BYTES) {
      throw ConfigurationText.failure(
          file.toString(),
          0,
          "with its paths absolute it is %,d bytes long, and what is kept of a run has at most %,d: name"
                  .formatted(bytes, ConfigurationText.MAXIMUM_BYTES)
              + " many files in data.corpus by a glob such as texts/*.txt");
    }
    return configuration;
  }

  /**
   * Reads a text; paths stay as they are written.
   *
   * @param sourceName names the text in problems, and the run where the text does not
   * @param overrides {@code KEY=VALUE}, the value as YAML
   * @throws ConfigurationException naming all that is wrong
   */
  public static Configuration parse(String yaml, String sourceName, List<String> overrides) {
    ConfigurationText.checkSize(yaml.length(), sourceName);
    String text = yaml.startsWith(BYTE_ORDER_MARK) ? yaml.substring(1) : yaml;
    String name = nameOf(sourceName);
    Map<String, String> fallbacks =
        name.matches(Configuration.NAME_FORM) ? Map.of("name", name) : Map.of();
    Binding binding = new Binding(RecordType.of(Configuration.class));
    return binding
        .read(text, sourceName, overrides, fallbacks)
        .map(Configuration.class::cast)
        .orElseThrow(() -> new ConfigurationException(binding.problems()));
  }

  private static String nameOf(String source) {
    return source.replaceFirst(".*[/\\\\]", "").replaceFirst("\\.ya?ml$", "");
  }
}
