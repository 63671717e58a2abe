package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** A mapping whose keys are the components of a record. */
public final class RecordType implements ValueType {
  private static final ClassValue<RecordType> TYPES =
      new ClassValue<>() {
        @Override
        protected RecordType computeValue(Class<?> type) {
          return new RecordType(type.asSubclass(Record.class));
        }
      };

  private final Class<? extends Record> type;
  private final Map<String, Key> keys = new LinkedHashMap<>();
  private final Map<String, Object> defaults = new ConcurrentHashMap<>(); // parsed so far

  private RecordType(Class<? extends Record> type) {
    this.type = type;
    for (RecordComponent component : type.getRecordComponents()) {
      Key key = Key.of(component);
      keys.put(key.name(), key);
    }
  }

  /** The mapping of a record class. */
  public static RecordType of(Class<? extends Record> type) {
    return TYPES.get(type);
  }

  Class<? extends Record> type() {
    return type;
  }

  /** The keys in the order of the components. */
  public Collection<Key> keys() {
    return keys.values();
  }

  Set<String> keyNames() {
    return keys.keySet();
  }

  Optional<Key> key(String name) {
    return Optional.ofNullable(keys.get(name));
  }

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (!(node instanceof MappingNode mapping)) {
      binding.reportMismatch(node, path, "a mapping with keys such as '" + firstKey() + ":'");
      return null;
    }
    int problems = binding.problemCount();
    Map<String, NodeTuple> entries = Nodes.entries(mapping, path, binding);
    UnknownKeys.report(entries, keys.keySet(), path, "unknown key", binding);
    Object instance = bind(entries, node, path, binding);
    return binding.problemCount() > problems ? null : instance;
  }

  /** Binds the entries of known keys; null after a problem was reported. */
  Object bind(Map<String, NodeTuple> entries, Node node, String path, Binding binding) {
    int problems = binding.problemCount();
    List<Object> values = new ArrayList<>();
    for (Key key : keys()) {
      values.add(bindKey(key, entries.get(key.name()), node, path, binding));
    }
    Object instance = construct(values, node, path, binding);
    return binding.problemCount() > problems ? null : instance;
  }

  private Object bindKey(Key key, NodeTuple entry, Node node, String path, Binding binding) {
    String keyPath = Paths.join(path, key.name());
    if (entry != null) {
      return key.bind(entry.getValueNode(), keyPath, binding);
    }
    if (key.defaultText().isPresent()) {
      return key.nullable() ? null : defaultValue(key);
    }
    if (key.type() instanceof RecordType mapping) {
      return mapping.bind(Map.of(), node, keyPath, binding);
    }
    String why =
        key.defaultSource()
            .map(source -> "missing, and " + source + " is not " + key.type().words())
            .orElse("missing; it has no default");
    binding.report(node, keyPath, why);
    return null;
  }

  private Object defaultValue(Key key) {
    Object value = defaults.get(key.name());
    if (value == null) {
      value = key.defaultValue(this);
      defaults.put(key.name(), value);
    }
    return value;
  }

  /** Calls the constructor even after problems, with nulls, so that all rules are checked. */
  private Object construct(List<Object> values, Node node, String path, Binding binding) {
    try {
      Constructor<? extends Record> constructor =
          type.getDeclaredConstructor(
              Stream.of(type.getRecordComponents())
                  .map(RecordComponent::getType)
                  .toArray(Class<?>[]::new));
      Class<?>[] types = constructor.getParameterTypes();
      for (int i = 0; i < types.length; i++) {
        if (values.get(i) == null && types[i].isPrimitive()) {
          values.set(i, Array.get(Array.newInstance(types[i], 1), 0));
        }
      }
      return constructor.newInstance(values.toArray());
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof InvalidValuesException invalid) {
        invalid.violations().forEach(violation -> report(violation.within(path), node, binding));
        return null;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void report(Violation violation, Node node, Binding binding) {
    if (binding.hasProblemWithin(violation.key())
        || violation.otherKey().filter(binding::hasProblemWithin).isPresent()) {
      return;
    }
    Node own = binding.nodeAt(violation.key()).orElse(node);
    // Of a rule between several values, the one that was set last is at fault.
    Node place =
        Stream.concat(Stream.of(violation.key()), violation.otherKey().stream())
            .flatMap(key -> binding.assignedWithin(key).stream())
            .findFirst()
            .orElse(own);
    if (violation.value().isPresent()) {
      boolean written = own instanceof ScalarNode;
      String shown = written ? Nodes.shown(own) : violation.value().get().toString();
      binding.reportValue(place, violation.key(), violation.message(shown));
    } else {
      binding.report(place, violation.key(), violation.reason());
    }
  }

  /** Checks the values of a future record, in the order of its components. */
  void check(Object[] values, Consumer<Violation> found) {
    Map<String, Object> given = new LinkedHashMap<>();
    for (Key key : keys()) {
      given.put(key.name(), values[given.size()]);
    }
    for (Key key : keys()) {
      Object value = given.get(key.name());
      if (value != null) {
        key.type().check(value, key.name(), found);
        key.requires()
            .filter(other -> given.get(other) == null)
            .ifPresent(
                other -> {
                  String reason = "needs '" + other + "' too";
                  found.accept(
                      new Violation(key.name(), reason, Optional.empty(), Optional.of(other)));
                });
      } else if (!key.nullable()) {
        found.accept(Violation.of(key.name(), "must be given"));
      }
    }
  }

  @Override
  public String write(Object value) {
    return "{" + String.join(", ", writeKeys(value)) + "}";
  }

  List<String> writeKeys(Object value) {
    return keys().stream().map(key -> key.name() + ": " + key.write(key.valueIn(value))).toList();
  }

  @Override
  public void flatten(Object value, String path, BiConsumer<String, String> out) {
    for (Key key : keys()) {
      Object inner = key.valueIn(value);
      String keyPath = Paths.join(path, key.name());
      if (inner == null) {
        out.accept(keyPath, "null");
      } else {
        key.type().flatten(inner, keyPath, out);
      }
    }
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json().put("type", "object").put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    keys().forEach(key -> properties.set(key.name(), key.schema()));
    List<String> required = keys().stream().filter(Key::isRequired).map(Key::name).toList();
    if (!required.isEmpty()) {
      ArrayNode names = schema.putArray("required");
      required.forEach(names::add);
    }
    keys().stream()
        .filter(key -> key.requires().isPresent())
        .forEach(key -> schema.withArray("allOf").add(requirement(key)));
    return schema;
  }

  /** If the key is given and not null, so must be the one it requires. */
  private static ObjectNode requirement(Key key) {
    ObjectNode requirement = ValueType.json();
    requirement.set("if", given(key.name()));
    requirement.set("then", given(key.requires().orElseThrow()));
    return requirement;
  }

  private static ObjectNode given(String name) {
    ObjectNode given = ValueType.json();
    given.putArray("required").add(name);
    ObjectNode notNull = given.putObject("properties").putObject(name).putObject("not");
    notNull.put("type", "null");
    return given;
  }

  @Override
  public String words() {
    return keys().stream().map(Key::name).collect(Collectors.joining(", ", "{", "}"));
  }

  boolean hasRequiredKeys() {
    return keys().stream().anyMatch(Key::isRequired);
  }

  private String firstKey() {
    return keys.keySet().iterator().next();
  }
}
