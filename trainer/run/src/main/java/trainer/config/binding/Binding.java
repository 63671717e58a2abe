package trainer.config.binding;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/** Binds one YAML tree to a record and collects all problems. */
public final class Binding {
  private final RecordType root;
  private final Problems problems = new Problems();
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private String file = "";

  public Binding(RecordType root) {
    this.root = root;
  }

  /**
   * Reads a YAML text as the root record.
   *
   * @param source names the text in problems
   * @param settings {@code KEY=VALUE} from the command line; the last one wins
   * @param fallbacks texts for missing keys of the root
   * @return empty if there are {@link #problems}
   */
  public Optional<Object> read(
      String text, String source, List<String> settings, Map<String, String> fallbacks) {
    return readWith(
        text,
        source,
        settings.stream().map(set -> new Assignment(Setting.OPTION + set, set)).toList(),
        fallbacks);
  }

  /**
   * As {@link #read}, with assignments from any source.
   *
   * @param assignments the last one wins
   */
  public Optional<Object> readWith(
      String text, String source, List<Assignment> assignments, Map<String, String> fallbacks) {
    file = source;
    Optional<Node> read = Yaml.read(text, source, this);
    List<Optional<Setting>> parsed =
        assignments.stream().map(assignment -> Setting.parse(assignment, this)).toList();
    if (!problems.isEmpty()) {
      return Optional.empty();
    }
    Node tree = read.orElseGet(() -> Yaml.constant("{}", source));
    if (tree instanceof MappingNode mapping) {
      parsed.forEach(setting -> setting.orElseThrow().putInto(mapping));
      fallbacks.forEach((key, value) -> Nodes.addIfMissing(mapping, key, value));
    }
    Object value = bind(root, tree, "");
    return problems.isEmpty() ? Optional.of(value) : Optional.empty();
  }

  /**
   * The problems so far: those of the file from top to bottom, then those of the command line, at
   * most 100 of them.
   */
  public List<ConfigurationProblem> problems() {
    problems
        .kept()
        .sort(
            Comparator.comparing((ConfigurationProblem problem) -> !problem.file().equals(file))
                .thenComparing(ConfigurationProblem::line));
    return problems.list(file);
  }

  /** Whether further problems are only counted. */
  boolean isFull() {
    return problems.isFull();
  }

  int problemCount() {
    return problems.count();
  }

  RecordType root() {
    return root;
  }

  /** Binds a node and records its position. */
  Object bind(ValueType type, Node node, String path) {
    nodes.put(path, node);
    return type.bind(node, path, this);
  }

  Optional<Node> nodeAt(String path) {
    return Optional.ofNullable(nodes.get(path));
  }

  /**
   * Whether a value was set outside the file, as with {@code --set}.
   *
   * @param path of a key or an element; {@code [0]} may be left out in the text
   */
  public boolean isAssigned(String path) {
    return nodeAt(path)
        .or(() -> nodeAt(path.replaceFirst("\\[0]$", "")))
        .filter(this::isAssigned)
        .isPresent();
  }

  private boolean isAssigned(Node node) {
    return node.getStartMark().filter(mark -> !mark.getName().equals(file)).isPresent();
  }

  /** The first value of a key, or of one below it, that was set outside the file. */
  Optional<Node> assignedWithin(String path) {
    return nodes.entrySet().stream()
        .filter(entry -> Paths.isWithin(entry.getKey(), path) && isAssigned(entry.getValue()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** Whether a key or one below it has a problem, or may have one that was only counted. */
  boolean hasProblemWithin(String path) {
    return problems.isFull()
        || problems.kept().stream().anyMatch(problem -> Paths.isWithin(problem.key(), path));
  }

  /** Reports a value of the wrong type. */
  void reportMismatch(Node node, String path, String wanted) {
    reportValue(node, path, "must be " + wanted + ", not " + Nodes.shown(node));
  }

  void reportValue(Node node, String path, String message) {
    add(node.getStartMark(), path, Nodes.shown(node), message);
  }

  void report(Node node, String path, String message) {
    add(node.getStartMark(), path, "", message);
  }

  void report(Mark mark, String message) {
    add(Optional.of(mark), "", "", message);
  }

  /** Reports a problem without a node. */
  public void report(String source, int line, String message) {
    problems.add(new ConfigurationProblem(source, source.equals(file) ? line : 0, "", "", message));
  }

  private void add(Optional<Mark> place, String path, String value, String message) {
    String source = place.map(Mark::getName).orElse("");
    int line = place.map(mark -> mark.getLine() + 1).orElse(0);
    problems.add(
        new ConfigurationProblem(source, source.equals(file) ? line : 0, path, value, message));
  }

  static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }
}
