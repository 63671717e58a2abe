package trainer.config.binding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.annotation.Annotation;
import java.lang.reflect.RecordComponent;
import java.util.Optional;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * One key of a mapping.
 *
 * @param name in YAML
 * @param description meaning
 * @param defaultText default value as YAML
 * @param defaultSource description of the default value's source
 * @param nullable whether {@code null} is allowed
 * @param requires another key that must be given with it
 */
public record Key(
    String name,
    ValueType type,
    String description,
    Optional<String> defaultText,
    Optional<String> defaultSource,
    boolean nullable,
    Optional<String> requires,
    RecordComponent component) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Key of(RecordComponent component) {
    Optional<String> defaultText = read(component, Default.class, Default::value);
    return new Key(
        Names.key(component.getName()),
        ValueTypes.of(component),
        read(component, Describe.class, Describe::value)
            .orElseThrow(() -> new IllegalStateException(component + " has no @Describe")),
        defaultText,
        read(component, DefaultFrom.class, DefaultFrom::value),
        defaultText.equals(Optional.of("null")),
        read(component, Requires.class, Requires::value),
        component);
  }

  private static <A extends Annotation> Optional<String> read(
      RecordComponent component, Class<A> annotation, Function<A, String> value) {
    return Optional.ofNullable(component.getAnnotation(annotation)).map(value);
  }

  /** Whether it must be given. */
  public boolean isRequired() {
    boolean filledIn = type instanceof RecordType mapping && !mapping.hasRequiredKeys();
    return defaultText.isEmpty() && defaultSource.isEmpty() && !filledIn;
  }

  Object bind(Node node, String path, Binding binding) {
    return nullable && Nodes.isNull(node) ? null : binding.bind(type, node, path);
  }

  /** The value of a missing key. */
  Object defaultValue(RecordType owner) {
    Binding binding = new Binding(owner);
    Object value = bind(Yaml.constant(defaultText.orElseThrow(), "default"), name, binding);
    if (!binding.problems().isEmpty()) {
      throw new IllegalStateException("default of " + component + ": " + binding.problems());
    }
    return value;
  }

  /** The value of this key in a record. */
  public Object valueIn(Object instance) {
    try {
      return component.getAccessor().invoke(instance);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The value as one line of YAML. */
  public String write(Object value) {
    return value == null ? "null" : type.write(value);
  }

  ObjectNode schema() {
    ObjectNode value = type.schema();
    ObjectNode schema = ValueType.json().put("description", description);
    if (nullable) {
      ArrayNode either = schema.putArray("anyOf");
      either.add(value);
      either.add(ValueType.json().put("type", "null"));
    } else {
      schema.setAll(value);
    }
    defaultText.ifPresent(text -> schema.set("default", json(Yaml.constant(text))));
    return schema;
  }

  private static JsonNode json(Object value) {
    return JSON.valueToTree(value);
  }
}
