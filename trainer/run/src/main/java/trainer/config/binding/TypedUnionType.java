package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * A mapping whose other keys depend on its key {@code type}; the first type is the default. It can
 * be shortened to the type.
 */
public record TypedUnionType(Map<String, RecordType> variants) implements ValueType {
  static final String TYPE = "type";

  static TypedUnionType of(Class<?> sealed) {
    Map<String, RecordType> variants = new LinkedHashMap<>();
    for (Class<?> variant : sealed.getPermittedSubclasses()) {
      variants.put(nameOf(variant), RecordType.of(variant.asSubclass(Record.class)));
    }
    return new TypedUnionType(variants);
  }

  private static String nameOf(Class<?> variant) {
    return Names.value(variant.getSimpleName());
  }

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (Nodes.isText(node)) {
      RecordType variant = variant(node, path, binding);
      return variant == null ? null : variant.bind(Map.of(), node, path, binding);
    }
    if (!(node instanceof MappingNode mapping)) {
      binding.reportMismatch(node, path, "a mapping with 'type:' " + words());
      return null;
    }
    int problems = binding.problemCount();
    Map<String, NodeTuple> entries = Nodes.entries(mapping, path, binding);
    NodeTuple type = entries.get(TYPE);
    RecordType variant =
        type == null
            ? defaultVariant()
            : variant(type.getValueNode(), Paths.join(path, TYPE), binding);
    if (variant == null) {
      return null;
    }
    List<String> known = new ArrayList<>(List.of(TYPE));
    known.addAll(variant.keyNames());
    UnknownKeys.report(
        entries, known, path, "unknown key of type " + nameOf(variant.type()), binding);
    Object instance = variant.bind(entries, node, path, binding);
    return binding.problemCount() > problems ? null : instance;
  }

  private RecordType defaultVariant() {
    return variants.values().iterator().next();
  }

  private RecordType variant(Node node, String path, Binding binding) {
    RecordType variant = Nodes.isText(node) ? variants.get(((ScalarNode) node).getValue()) : null;
    if (variant == null) {
      binding.reportMismatch(node, path, words());
    }
    return variant;
  }

  @Override
  public String write(Object value) {
    List<String> entries = new ArrayList<>(List.of(TYPE + ": " + nameOf(value.getClass())));
    entries.addAll(RecordType.of(value.getClass().asSubclass(Record.class)).writeKeys(value));
    return "{" + String.join(", ", entries) + "}";
  }

  @Override
  public void flatten(Object value, String path, BiConsumer<String, String> out) {
    String name = nameOf(value.getClass());
    out.accept(Paths.join(path, TYPE), name);
    variants.get(name).flatten(value, path, out);
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json();
    ArrayNode either = schema.putArray("oneOf");
    ArrayNode alone = either.addObject().putArray("enum");
    variants.forEach(
        (name, variant) -> {
          if (!variant.hasRequiredKeys()) {
            alone.add(name);
          }
          either.add(schema(name, variant));
        });
    return schema;
  }

  private ObjectNode schema(String name, RecordType variant) {
    ObjectNode schema = variant.schema();
    ObjectNode keys = (ObjectNode) schema.remove("properties");
    ObjectNode properties = schema.putObject("properties");
    properties.putObject(TYPE).put("const", name);
    properties.setAll(keys);
    if (variant != defaultVariant()) {
      schema.withArray("required").insert(0, TYPE);
    }
    return schema;
  }

  @Override
  public String words() {
    return "one of " + String.join(", ", variants.keySet());
  }
}
