package trainer.config.binding;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import trainer.file.ShellWord;

/**
 * A key set from the command line, {@code --set model.layers[0].size=512}. It is inserted into the
 * YAML tree before binding, and so read and checked like all others. Missing parents are created
 * with their defaults.
 */
final class Setting {
  static final String OPTION = "--set ";

  private static final Pattern FORM =
      Pattern.compile("([^.=\\[\\]\\s]+(?:\\.[^.=\\[\\]\\s]+|\\[\\d+])*)=(.*)", Pattern.DOTALL);
  private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)|\\[(\\d+)]");

  private final String source;
  private final List<String> steps;
  private final Node value;
  private final Binding binding;

  private Setting(String source, List<String> steps, Node value, Binding binding) {
    this.source = source;
    this.steps = steps;
    this.value = value;
    this.binding = binding;
  }

  /**
   * Parses {@code KEY=VALUE}, the value as YAML.
   *
   * @return empty after a problem was reported
   */
  static Optional<Setting> parse(Assignment assignment, Binding binding) {
    String source = assignment.place();
    Matcher form = FORM.matcher(assignment.text());
    if (!form.matches()) {
      binding.report(source, 0, "must be KEY=VALUE, such as training.epochs=5");
      return Optional.empty();
    }
    List<String> steps = new ArrayList<>();
    Matcher step = STEP.matcher(form.group(1));
    while (step.find()) {
      steps.add(step.group(1) != null ? step.group(1) : step.group(2));
    }
    int problems = binding.problemCount();
    String text = form.group(2);
    if (Yaml.hasComment(text)) {
      String quoted = ShellWord.of(form.group(1) + "=" + Text.write(text));
      binding.report(source, 0, "'#' begins a comment; for text, write " + OPTION + quoted);
      return Optional.empty();
    }
    Optional<Node> value = Yaml.read(text, source, binding);
    if (binding.problemCount() > problems) {
      return Optional.empty();
    }
    Node node = value.orElseGet(() -> Yaml.constant("null", source));
    return Optional.of(new Setting(source, steps, node, binding));
  }

  /** Inserts the value into a tree, replacing an existing one. */
  void putInto(MappingNode root) {
    Node node = root;
    ValueType type = binding.root();
    String path = "";
    for (int i = 0; i < steps.size() && node != null; i++) {
      boolean last = i == steps.size() - 1;
      String step = steps.get(i);
      if (node instanceof MappingNode mapping) {
        Optional<Key> key = type instanceof RecordType of ? of.key(step) : Optional.empty();
        if (last) {
          Nodes.put(mapping, step, value);
          return;
        }
        node = descend(mapping, step, key);
        type = key.map(Key::type).orElse(null);
        path = Paths.join(path, step);
      } else if (node instanceof SequenceNode list) {
        node = element(list, step, path, last);
        type = type instanceof ListType of ? of.element() : null;
        path = path + "[" + step + "]";
      } else {
        String whole = OPTION + path + "=...";
        String is = path + " is " + Nodes.shown(node);
        binding.report(source, 0, is + ", which has no keys; set it whole: " + whole);
        node = null;
      }
    }
  }

  private Node descend(MappingNode mapping, String step, Optional<Key> key) {
    if (Nodes.get(mapping, step).isEmpty()) {
      String filledIn = key.flatMap(Key::defaultText).orElse("{}");
      Nodes.put(mapping, step, Yaml.constant(filledIn, source));
    }
    return Nodes.get(mapping, step).orElseThrow();
  }

  private Node element(SequenceNode list, String step, String path, boolean last) {
    int size = list.getValue().size();
    if (!step.matches("\\d{1,9}") || Integer.parseInt(step) >= size) {
      String there = size == 1 ? "only [0]" : "[0] to [" + (size - 1) + "]";
      String hint = "; a longer list has to be set whole";
      binding.report(source, 0, path + " has no [" + step + "], " + there + hint);
      return null;
    }
    int index = Integer.parseInt(step);
    if (last) {
      list.getValue().set(index, value);
    }
    return list.getValue().get(index);
  }
}
