package trainer.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
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
    return load(file, overrides, extending());
  }

  /**
   * Reads a file as {@link #load}, and tells where each value comes from.
   *
   * @return YAML with a comment behind each value: file and line, {@code --set …} or {@code
   *     default}
   */
  public static String loadWithOrigins(Path file, List<String> overrides) {
    Binding binding = extending();
    Configuration configuration = load(file, overrides, binding).started();
    return ConfigurationWriter.toYaml(
        configuration,
        path -> {
          List<String> origins = binding.origins(path);
          return "  # " + (origins.isEmpty() ? "default" : String.join(", ", origins));
        });
  }

  /**
   * The text of a file, or, if it extends others or keys are overridden, one that says the same
   * alone. Its paths are as in the files. Any other text is not parsed.
   *
   * @param overrides {@code KEY=VALUE}, the value as YAML
   */
  public static String standalone(Path file, List<String> overrides) {
    String text = ConfigurationText.read(file);
    if (overrides.isEmpty() && !text.contains("extends:")) {
      return text;
    }
    Binding binding = extending();
    Configuration configuration = parse(text, file.toString(), overrides, binding);
    boolean alone = overrides.isEmpty() && binding.files().size() == 1;
    return alone ? text : ConfigurationWriter.toYaml(configuration);
  }

  private static Binding extending() {
    return new Binding(RecordType.of(Configuration.class), new ExtendedFiles());
  }

  private static Configuration load(Path file, List<String> overrides, Binding binding) {
    String text = ConfigurationText.read(file);
    Configuration configuration = parse(text, file.toString(), overrides, binding);
    Path here = Path.of("").toAbsolutePath();
    try {
      return fitting(
          configuration.resolve(
              key ->
                  binding.isAssigned(key)
                      ? here
                      : Path.of(binding.source(key).orElse(file.toString()))
                          .toAbsolutePath()
                          .getParent()),
          file);
    } catch (InvalidPathException e) {
      String problem = "'%s' is not a path here: %s";
      throw ConfigurationText.failure(
          file.toString(), 0, problem.formatted(e.getInput(), LocaleEncoding.reason(e)));
    }
  }

  /** Files beside the one that extends them. */
  private static final class ExtendedFiles implements Binding.Files {
    @Override
    public String beside(String source, String path) {
      return Path.of(source).resolveSibling(path).normalize().toString();
    }

    @Override
    public Optional<String> read(String source, Consumer<String> problem) {
      try {
        String text = ConfigurationText.read(Path.of(source));
        return Optional.of(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
      } catch (ConfigurationException e) {
        problem.accept(e.problems().get(0).toString());
        return Optional.empty();
      }
    }
  }

  /** Checkpoints contain the configuration with absolute paths, which must still be readable. */
  private static Configuration fitting(Configuration configuration, Path file) {
    int bytes = ConfigurationWriter.toYaml(configuration).getBytes(StandardCharsets.UTF_8).length;
    if (bytes > ConfigurationText.MAXIMUM_BYTES) {
      throw ConfigurationText.failure(
          file.toString(),
          0,
          String.format(
                  Locale.ROOT,
                  "with absolute paths it has %,d bytes, more than the maximum of %,d: list the",
                  bytes,
                  ConfigurationText.MAXIMUM_BYTES)
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
