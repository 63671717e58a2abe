package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A nonempty list.
 *
 * @param orOne whether a single element is accepted as a list
 */
public record ListType(ValueType element, boolean orOne) implements ValueType {
  private static final int MOST_VALUES = 10_000;
  private static final int MOST_MAPPINGS = 100; // each with keys and defaults of its own

  private int most() {
    return element.isScalar() ? MOST_VALUES : MOST_MAPPINGS;
  }

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (!(node instanceof SequenceNode sequence)) {
      if (orOne) {
        Object only = binding.bind(element, node, path);
        return only == null ? null : List.of(only);
      }
      boolean value = element.isScalar() && node instanceof ScalarNode && !Nodes.isNull(node);
      String hint = value ? "; write [" + Nodes.shown(node) + "]" : "";
      binding.reportValue(node, path, "must be a list, not " + Nodes.shown(node) + hint);
      return null;
    }
    int size = sequence.getValue().size();
    if (size > most()) {
      binding.report(
          node,
          path,
          String.format(Locale.ROOT, "must have at most %,d entries, not %,d", most(), size));
      return null;
    }
    List<Object> values = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      values.add(binding.bind(element, item, Paths.element(path, values.size())));
    }
    return values.stream().allMatch(Objects::nonNull) ? List.copyOf(values) : null;
  }

  @Override
  public void check(Object value, String key, Consumer<Violation> found) {
    List<?> values = (List<?>) value;
    if (values.isEmpty()) {
      found.accept(Violation.of(key, "must not be empty"));
    }
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) == null) {
        found.accept(Violation.of(Paths.element(key, i), "must be given"));
      } else {
        element.check(
            values.get(i), orOne && values.size() == 1 ? key : Paths.element(key, i), found);
      }
    }
  }

  @Override
  public String write(Object value) {
    List<?> values = (List<?>) value;
    return orOne && values.size() == 1
        ? element.write(values.get(0))
        : values.stream().map(element::write).collect(Collectors.joining(", ", "[", "]"));
  }

  @Override
  public void flatten(Object value, String path, BiConsumer<String, String> out) {
    if (!(element instanceof RecordType)) {
      out.accept(path, write(value));
      return;
    }
    int index = 0;
    for (Object item : (List<?>) value) {
      element.flatten(item, Paths.element(path, index++), out);
    }
  }

  @Override
  public ObjectNode schema() {
    ObjectNode list = ValueType.json().put("type", "array").put("minItems", 1);
    list.put("maxItems", most());
    list.set("items", element.schema());
    if (!orOne) {
      return list;
    }
    ObjectNode either = ValueType.json();
    either.putArray("oneOf").add(element.schema()).add(list);
    return either;
  }

  @Override
  public String words() {
    return orOne ? element.words() + ", or a list of them" : "list, each a " + element.words();
  }
}
