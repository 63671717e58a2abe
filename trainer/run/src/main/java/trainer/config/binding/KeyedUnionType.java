package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * A mapping whose only key selects the variant, or the bare name of a variant without keys.
 *
 * @param byKey variants with one key, by that key
 * @param bare variants without keys, by name
 */
public record KeyedUnionType(Map<String, RecordType> byKey, Map<String, RecordType> bare)
    implements ValueType {

  static KeyedUnionType of(Class<?> sealed) {
    KeyedUnionType union = new KeyedUnionType(new LinkedHashMap<>(), new LinkedHashMap<>());
    for (Class<?> variant : sealed.getPermittedSubclasses()) {
      RecordType type = RecordType.of(variant.asSubclass(Record.class));
      switch (type.keys().size()) {
        case 0 -> union.bare.put(Names.value(variant.getSimpleName()), type);
        case 1 -> union.byKey.put(type.keys().iterator().next().name(), type);
        default -> throw new IllegalStateException(variant + " has more than one key");
      }
    }
    return union;
  }

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (Nodes.isText(node) && bare.containsKey(((ScalarNode) node).getValue())) {
      return bare.get(((ScalarNode) node).getValue()).bind(Map.of(), node, path, binding);
    }
    if (!(node instanceof MappingNode mapping)) {
      binding.reportMismatch(node, path, words());
      return null;
    }
    int problems = binding.problemCount();
    Map<String, NodeTuple> entries = Nodes.entries(mapping, path, binding);
    UnknownKeys.report(entries, byKey.keySet(), path, "unknown key", binding);
    List<String> known = entries.keySet().stream().filter(byKey::containsKey).toList();
    if (known.size() > 1) {
      Node second = entries.get(known.get(1)).getKeyNode();
      binding.report(second, path, "has both " + String.join(" and ", known) + "; keep one");
    } else if (known.isEmpty() && binding.problemCount() == problems) {
      binding.report(node, path, "must be " + words() + ", not empty");
    }
    return binding.problemCount() > problems
        ? null
        : byKey.get(known.get(0)).bind(entries, node, path, binding);
  }

  @Override
  public String write(Object value) {
    RecordType variant = RecordType.of(value.getClass().asSubclass(Record.class));
    return variant.keys().isEmpty()
        ? Names.value(value.getClass().getSimpleName())
        : variant.write(value);
  }

  @Override
  public void flatten(Object value, String path, BiConsumer<String, String> out) {
    out.accept(path, write(value));
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json();
    ArrayNode either = schema.putArray("oneOf");
    byKey.values().forEach(variant -> either.add(variant.schema()));
    ArrayNode names = either.addObject().putArray("enum");
    bare.keySet().forEach(names::add);
    return schema;
  }

  @Override
  public String words() {
    return Stream.concat(
            byKey.keySet().stream().map(key -> "{" + key + ": …}"), bare.keySet().stream())
        .collect(Collectors.joining(" or "));
  }
}
