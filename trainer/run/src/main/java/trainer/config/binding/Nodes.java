package trainer.config.binding;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import trainer.file.ShellWord;

/** Operations on YAML nodes. */
final class Nodes {
  private static final Pattern PASSWORD = Pattern.compile("//[^/?#\\s]*@"); // in a URL
  private static final int SHOWN_CHARACTERS = 60;

  private Nodes() {}

  static boolean isNull(Node node) {
    return node instanceof ScalarNode && node.getTag().equals(Tag.NULL);
  }

  static boolean isText(Node node) {
    return node instanceof ScalarNode && node.getTag().equals(Tag.STR);
  }

  /** The value as shown in messages. */
  static String shown(Node node) {
    if (node instanceof SequenceNode) {
      return "a list";
    }
    if (!(node instanceof ScalarNode scalar)) {
      return "a mapping";
    }
    String text =
        isNull(node) ? "null" : Text.escape(PASSWORD.matcher(scalar.getValue()).replaceAll("//…@"));
    text = ShellWord.shortened(text, SHOWN_CHARACTERS);
    return scalar.isPlain() && !text.isEmpty() ? text : '"' + text + '"';
  }

  /** The value of a key. */
  static Optional<Node> get(MappingNode mapping, String key) {
    return mapping.getValue().stream()
        .filter(entry -> isKey(entry, key))
        .map(NodeTuple::getValueNode)
        .findFirst();
  }

  /** Sets the value of a key, replacing an existing one. */
  static void put(MappingNode mapping, String key, Node value) {
    Node name =
        new ScalarNode(
            Tag.STR, true, key, ScalarStyle.PLAIN, value.getStartMark(), value.getEndMark());
    put(mapping, new NodeTuple(name, value));
  }

  /** Adds an entry, replacing one of the same key. */
  static void put(MappingNode mapping, NodeTuple entry) {
    String key = ((ScalarNode) entry.getKeyNode()).getValue();
    for (int i = 0; i < mapping.getValue().size(); i++) {
      if (isKey(mapping.getValue().get(i), key)) {
        mapping.getValue().set(i, entry);
        return;
      }
    }
    mapping.getValue().add(entry);
  }

  /** Removes the first entry of a key, and returns its value. */
  static Optional<Node> remove(MappingNode mapping, String key) {
    Optional<Node> value = get(mapping, key);
    mapping.getValue().stream()
        .filter(entry -> isKey(entry, key))
        .findFirst()
        .ifPresent(mapping.getValue()::remove);
    return value;
  }

  /** Adds a text that stands nowhere. */
  static void addIfMissing(MappingNode mapping, String key, String text) {
    if (get(mapping, key).isEmpty()) {
      Optional<Mark> none = Optional.empty();
      put(mapping, key, new ScalarNode(Tag.STR, true, text, ScalarStyle.DOUBLE_QUOTED, none, none));
    }
  }

  private static boolean isKey(NodeTuple entry, String name) {
    return entry.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name);
  }

  /** The entries of a mapping by key; reports keys that are not text or are repeated. */
  static Map<String, NodeTuple> entries(MappingNode mapping, String path, Binding binding) {
    Map<String, NodeTuple> entries = new LinkedHashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode key)) {
        binding.report(
            entry.getKeyNode(), path, "a key must be a word, not " + shown(entry.getKeyNode()));
        continue;
      }
      NodeTuple first = entries.putIfAbsent(key.getValue(), entry);
      if (first != null) {
        binding.report(
            key,
            Paths.join(path, key.getValue()),
            "given twice; remove one; the first is in line " + Binding.line(first.getKeyNode()));
      }
    }
    return entries;
  }
}
