package trainer.dataset;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import trainer.file.FileErrors;
import trainer.file.ShellWord;
import trainer.text.TextException;

/**
 * A training text, described by {@code NAME.yml}.
 *
 * @param file the text, absolute
 * @param url its source; null: part of the project
 * @param bytes size of the file
 * @param sha256 of the file, hexadecimal, lower case
 */
public record Dataset(
    String name,
    Path file,
    URI url,
    long bytes,
    String sha256,
    String licence,
    String source,
    String description) {
  private static final Set<String> KEYS =
      Set.of("name", "file", "url", "bytes", "sha256", "licence", "source", "description");

  /**
   * Finds a dataset by name.
   *
   * @param directory of the descriptors
   * @throws TextException if it does not exist; the message lists all names
   */
  public static Dataset named(String name, Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new TextException(
          "no dataset '%s': there is no folder '%s' here: start in the folder that has it, or name a configuration with data.url"
              .formatted(ShellWord.onOneLine(name), ShellWord.shown(directory)));
    }
    Path descriptor = directory.resolve(name + ".yml").normalize();
    if (!directory.normalize().equals(descriptor.getParent()) || !Files.isRegularFile(descriptor)) {
      throw new TextException(
          "no dataset '%s' in %s; available: %s"
              .formatted(
                  ShellWord.onOneLine(name),
                  ShellWord.shown(directory),
                  String.join(", ", names(directory))));
    }
    return read(descriptor);
  }

  /** The names of the datasets in a directory, sorted. */
  public static List<String> names(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".yml"))
          .map(file -> file.substring(0, file.length() - ".yml".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new TextException(
          "%s: the datasets cannot be listed: %s"
              .formatted(ShellWord.shown(directory), FileErrors.reason(e)),
          e);
    }
  }

  /**
   * Reads a descriptor.
   *
   * @throws TextException naming all its problems
   */
  public static Dataset read(Path descriptor) {
    Map<?, ?> values = load(descriptor);
    List<String> wrong = new ArrayList<>();
    for (Object key : values.keySet()) {
      if (!(key instanceof String name && KEYS.contains(name))) {
        wrong.add("unknown key '%s'".formatted(key));
      }
    }
    for (String key : new TreeSet<>(KEYS)) {
      if (!values.containsKey(key)) {
        wrong.add("'%s' is missing".formatted(key));
      } else if (key.equals("bytes")) {
        if (!(values.get(key) instanceof Number bytes)
            || bytes instanceof Double
            || bytes.longValue() <= 0) {
          wrong.add("bytes: expected a whole number above 0, not %s".formatted(values.get(key)));
        }
      } else if (!(values.get(key) instanceof String)
          && !(key.equals("url") && values.get(key) == null)) {
        wrong.add("%s: expected text, not %s".formatted(key, values.get(key)));
      }
    }
    check(values, "sha256", "[0-9a-fA-F]{64}", "64 hexadecimal digits", wrong);
    check(values, "url", "https?://[^\\s\"<>\\\\^`{|}]+", "a URL https://…", wrong);
    if (!wrong.isEmpty()) {
      throw new TextException(
          "%s: %s".formatted(ShellWord.shown(descriptor), String.join("; ", wrong)));
    }
    String url = (String) values.get("url");
    return new Dataset(
        (String) values.get("name"),
        descriptor.toAbsolutePath().resolveSibling((String) values.get("file")).normalize(),
        url == null ? null : URI.create(url),
        ((Number) values.get("bytes")).longValue(),
        ((String) values.get("sha256")).toLowerCase(Locale.ROOT),
        (String) values.get("licence"),
        (String) values.get("source"),
        (String) values.get("description"));
  }

  private static void check(
      Map<?, ?> values, String key, String pattern, String expected, List<String> wrong) {
    if (values.get(key) instanceof String value && !value.matches(pattern)) {
      wrong.add("%s: expected %s, not '%s'".formatted(key, expected, value));
    }
  }

  private static Map<?, ?> load(Path descriptor) {
    try {
      LoadSettings settings = LoadSettings.builder().setAllowDuplicateKeys(false).build();
      Object root = new Load(settings).loadFromString(Files.readString(descriptor));
      if (root instanceof Map<?, ?> map) {
        return map;
      }
      throw new TextException(
          "%s: expected the keys %s"
              .formatted(ShellWord.shown(descriptor), String.join(", ", new TreeSet<>(KEYS))));
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      throw new TextException(
          "%s:%d: not YAML: %s".formatted(ShellWord.shown(descriptor), line, e.getProblem()), e);
    } catch (YamlEngineException e) {
      throw new TextException(
          "%s: not YAML: %s".formatted(ShellWord.shown(descriptor), e.getMessage()), e);
    } catch (IOException e) {
      throw new TextException(
          "%s: cannot be read: %s".formatted(ShellWord.shown(descriptor), FileErrors.reason(e)), e);
    }
  }
}
