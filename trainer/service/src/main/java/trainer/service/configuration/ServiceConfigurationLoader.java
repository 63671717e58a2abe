package trainer.service.configuration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationText;
import trainer.config.binding.Assignment;
import trainer.config.binding.Binding;
import trainer.config.binding.ConfigurationProblem;
import trainer.config.binding.Key;
import trainer.config.binding.RecordType;

/**
 * Reads the settings of the service. Options override environment variables, which override the
 * file, which overrides defaults.
 */
public final class ServiceConfigurationLoader {
  /** Prefix of the environment variables. */
  public static final String PREFIX = "TRAINER_SERVE_";

  private static final RecordType TYPE = RecordType.of(ServiceConfiguration.class);
  private static final Set<String> PATHS = Set.of("runs", "datasets", "token_file", "database");
  private static final String SQLITE = "jdbc:sqlite:";
  private static final String BYTE_ORDER_MARK = "\uFEFF";
  private static final JsonMapper JSON = new JsonMapper();

  private ServiceConfigurationLoader() {}

  /**
   * Reads all sources. Relative paths in the file, and defaults if there is a file, are resolved
   * against its folder; those in options and variables against the working directory.
   *
   * @param file null: none
   * @param environment variables; only those with {@link #PREFIX} are read
   * @param options values by key
   * @throws ConfigurationException with all errors
   */
  public static ServiceConfiguration load(
      Path file, Map<String, String> environment, Map<String, List<String>> options) {
    List<Assignment> assignments = new ArrayList<>();
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (name.startsWith(PREFIX) && !value.isEmpty()) {
                String key = name.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
                List<String> values = isList(key) ? List.of(value.split(",", -1)) : List.of(value);
                assignments.add(
                    assignment(isSecret(key) ? name : name + "=" + value, key, values, file));
              }
            });
    options.forEach(
        (key, values) -> {
          if (!values.isEmpty()) {
            String option = "--" + key.replace('_', '-');
            String place =
                isSecret(key) ? option : option + " " + String.join(" " + option + " ", values);
            assignments.add(assignment(place, key, values, file));
          }
        });
    String text = file == null ? "{}" : ConfigurationText.read(file);
    String source = file == null ? "service.yml" : file.toString();
    Binding binding = new Binding(TYPE);
    ServiceConfiguration read =
        binding
            .readWith(
                text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text,
                source,
                assignments,
                Map.of())
            .map(ServiceConfiguration.class::cast)
            .orElseThrow(
                () ->
                    new ConfigurationException(
                        binding.problems().stream().map(each -> shown(each, source)).toList()));
    return file == null ? read : read.resolve(file.toAbsolutePath().getParent());
  }

  /** Whether its value is not shown: a URL with a password, or a variable of another meaning. */
  private static boolean isSecret(String name) {
    return name.equals("database") || key(name).isEmpty();
  }

  private static boolean isList(String name) {
    return key(name).map(key -> key.component().getType() == List.class).orElse(false);
  }

  private static Optional<Key> key(String name) {
    return TYPE.keys().stream().filter(key -> key.name().equals(name)).findFirst();
  }

  /** Converts words to YAML of the key's type. */
  private static Assignment assignment(String place, String name, List<String> values, Path file) {
    boolean number =
        key(name)
            .map(Key::component)
            .map(component -> component.getType())
            .map(type -> type == int.class || type == Integer.class)
            .orElse(false);
    List<String> words = new ArrayList<>();
    for (String value : values) {
      String path = file != null && PATHS.contains(name) ? absolute(value) : value;
      words.add(number ? path : quoted(path));
    }
    String yaml =
        words.size() == 1
            ? words.get(0)
            : words.stream().collect(Collectors.joining(", ", "[", "]"));
    return new Assignment(place, name + "=" + yaml);
  }

  private static String absolute(String path) {
    if (path.startsWith(SQLITE)) {
      return SQLITE + absolute(path.substring(SQLITE.length()));
    }
    return path.startsWith("jdbc:") || path.isEmpty() || path.indexOf('\0') >= 0
        ? path
        : Path.of(path).toAbsolutePath().toString();
  }

  private static String quoted(String text) {
    try {
      return JSON.writeValueAsString(text); // JSON is YAML
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("text is always JSON", e);
    }
  }

  /** Options and variables name their keys themselves. */
  private static ConfigurationProblem shown(ConfigurationProblem problem, String file) {
    return problem.file().equals(file)
        ? problem
        : new ConfigurationProblem(problem.file(), 0, "", problem.value(), problem.message());
  }
}
