package trainer.config.binding;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * The key {@code extends}: a file whose keys hold where the file itself does not set them. Mappings
 * are merged key by key, unless their {@code type} differs; other values replace each other.
 */
final class Extends {
  private static final String KEY = "extends";
  private static final int MOST = 8;

  private final Binding binding;
  private final Binding.Files files;

  Extends(Binding binding, Binding.Files files) {
    this.binding = binding;
    this.files = files;
  }

  /**
   * The keys of a file and of those that it extends.
   *
   * @param chain the file, after those that extend it
   */
  MappingNode resolve(MappingNode own, List<String> chain) {
    Optional<Node> value = Nodes.remove(own, KEY);
    if (value.isEmpty()) {
      return own;
    }
    String source = chain.get(chain.size() - 1);
    if (!Nodes.isText(value.get())) {
      binding.reportMismatch(value.get(), KEY, "the path of a YAML file");
      return own;
    }
    String base = files.beside(source, ((ScalarNode) value.get()).getValue());
    List<String> longer = new ArrayList<>(chain);
    longer.add(base);
    if (chain.contains(base) || chain.size() == MOST) {
      binding.report(
          value.get(),
          KEY,
          (chain.contains(base)
                  ? "goes round in a circle: "
                  : "more than %d files: ".formatted(MOST))
              + String.join(" extends ", longer));
      return own;
    }
    return extended(own, value.get(), base, longer);
  }

  private MappingNode extended(MappingNode own, Node place, String base, List<String> chain) {
    Optional<String> text = files.read(base, problem -> binding.report(place, KEY, problem));
    if (text.isEmpty()) {
      return own;
    }
    binding.addFile(base);
    int problems = binding.problemCount();
    Optional<Node> read = Yaml.read(text.get(), base, binding);
    if (binding.problemCount() > problems || read.isEmpty()) {
      return own;
    }
    if (!(read.get() instanceof MappingNode mapping)) {
      binding.reportMismatch(read.get(), "", "a mapping with keys");
      return own;
    }
    MappingNode inherited = resolve(mapping, chain);
    Nodes.remove(inherited, "name"); // of another run
    return merged(inherited, own, "");
  }

  private MappingNode merged(MappingNode base, MappingNode own, String path) {
    MappingNode merged =
        new MappingNode(
            own.getTag(),
            true,
            new ArrayList<>(base.getValue()),
            own.getFlowStyle(),
            own.getStartMark(),
            own.getEndMark());
    for (Map.Entry<String, NodeTuple> entry : Nodes.entries(own, path, binding).entrySet()) {
      String key = entry.getKey();
      Node value = entry.getValue().getValueNode();
      Optional<Node> before = Nodes.get(base, key);
      boolean both =
          value instanceof MappingNode && before.filter(MappingNode.class::isInstance).isPresent();
      if (both) {
        MappingNode inner = (MappingNode) before.get();
        if (isOfOneType(inner, (MappingNode) value)) {
          Nodes.put(merged, key, merged(inner, (MappingNode) value, Paths.join(path, key)));
          continue;
        }
      }
      Nodes.put(merged, entry.getValue());
    }
    return merged;
  }

  /** Another type has other keys. */
  private static boolean isOfOneType(MappingNode base, MappingNode own) {
    Optional<Node> type = Nodes.get(own, "type");
    return type.isEmpty()
        || type.map(Nodes::shown).equals(Nodes.get(base, "type").map(Nodes::shown));
  }
}
