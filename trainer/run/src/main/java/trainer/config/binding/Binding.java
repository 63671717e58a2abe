package trainer.config.binding;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import trainer.file.ShellWord;

/** Binds one YAML tree to a record and collects all problems. */
public final class Binding {
  private final RecordType root;
  private final Problems problems = new Problems();
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final List<String> files = new ArrayList<>(); // the configuration, and those it extends
  private final Files extended; // null: none may be extended

  /** Other files, that a configuration may extend. */
  public interface Files {
    /** The name of a file that another names. */
    String beside(String source, String path);

    /** The text of a file; empty after a problem was reported. */
    Optional<String> read(String source, Consumer<String> problem);
  }

  public Binding(RecordType root) {
    this(root, null);
  }

  /** With files that the one to be read may extend. */
  public Binding(RecordType root, Files extended) {
    this.root = root;
    this.extended = extended;
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
    files.clear();
    files.add(source);
    Optional<Node> read = Yaml.read(text, source, this);
    List<Optional<Setting>> parsed =
        assignments.stream().map(assignment -> Setting.parse(assignment, this)).toList();
    if (!problems.isEmpty()) {
      return Optional.empty();
    }
    Node tree = read.orElseGet(() -> Yaml.constant("{}", source));
    if (extended != null && tree instanceof MappingNode mapping) {
      tree = new Extends(this, extended).resolve(mapping, files());
      if (!problems.isEmpty()) {
        return Optional.empty();
      }
    }
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
            Comparator.comparing((ConfigurationProblem problem) -> order(problem.file()))
                .thenComparing(ConfigurationProblem::line));
    return problems.list(files.isEmpty() ? "" : files.get(0));
  }

  private int order(String source) {
    int index = files.indexOf(source);
    return index < 0 ? files.size() : index;
  }

  /** The configuration, and the files that it extends. */
  public List<String> files() {
    return List.copyOf(files);
  }

  void addFile(String source) {
    files.add(source);
  }

  /**
   * Where a value was set: a file, or {@code --set …}.
   *
   * @param path of a key or an element; {@code [0]} may be left out in the text
   * @return empty for a default
   */
  public Optional<String> source(String path) {
    return nodeAt(path)
        .or(() -> nodeAt(path.replaceFirst("\\[0]$", "")))
        .flatMap(Node::getStartMark)
        .map(Mark::getName);
  }

  /** Where the values of a key were set, such as {@code base.yml:7}; empty for defaults. */
  public List<String> origins(String path) {
    return nodes.entrySet().stream()
        .filter(entry -> Paths.isWithin(entry.getKey(), path))
        .filter(entry -> !(entry.getValue() instanceof MappingNode))
        .flatMap(entry -> entry.getValue().getStartMark().stream())
        .map(
            mark ->
                files.contains(mark.getName())
                    ? ShellWord.shown(mark.getName()) + ":" + (mark.getLine() + 1)
                    : ShellWord.onOneLine(mark.getName()))
        .distinct()
        .toList();
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
    return source(path).filter(name -> !files.contains(name)).isPresent();
  }

  private boolean isAssigned(Node node) {
    return node.getStartMark().filter(mark -> !files.contains(mark.getName())).isPresent();
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
    problems.add(
        new ConfigurationProblem(source, files.contains(source) ? line : 0, "", "", message));
  }

  private void add(Optional<Mark> place, String path, String value, String message) {
    String source = place.map(Mark::getName).orElse("");
    int line = place.map(mark -> mark.getLine() + 1).orElse(0);
    problems.add(
        new ConfigurationProblem(source, files.contains(source) ? line : 0, path, value, message));
  }

  static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }
}
