package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * {@code all}, a number of things, or a list of their indices.
 *
 * @param most that can be selected
 */
record SelectionType(int most) implements ValueType {
  private WholeNumberType count() {
    return new WholeNumberType(Interval.of("[1, " + most + "]"), false);
  }

  private ListType indices() {
    return new ListType(new WholeNumberType(Interval.of("[0, " + (most - 1) + "]"), false), false);
  }

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (node instanceof SequenceNode list) {
      if (list.getValue().isEmpty()) {
        binding.reportValue(node, path, "must not be empty; use all, or name one");
        return null;
      }
      List<?> read = (List<?>) indices().bind(node, path, binding);
      return read == null ? null : Selection.of(read.stream().map(Integer.class::cast).toList());
    }
    if (Nodes.isText(node) && ((ScalarNode) node).getValue().equals("all")) {
      return Selection.ALL;
    }
    if (node.getTag().equals(Tag.INT)) {
      Integer read = (Integer) count().bind(node, path, binding);
      if (read == null || read > 0) {
        return read == null ? null : Selection.first(read);
      }
    }
    binding.reportMismatch(node, path, words());
    return null;
  }

  @Override
  public void check(Object value, String key, Consumer<Violation> found) {
    Selection selection = (Selection) value;
    if (selection.indices().isEmpty()) {
      if (!selection.equals(Selection.ALL)) {
        count().check(selection.count(), key, found);
      }
      return;
    }
    indices().check(selection.indices(), key, found);
    if (!selection.isDistinct()) {
      found.accept(Violation.of(key, "must name each index once", selection));
    }
  }

  @Override
  public String write(Object value) {
    return value.toString();
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json();
    ArrayNode either = schema.putArray("oneOf");
    either.addObject().putArray("enum").add("all");
    either.add(count().schema());
    either.add(indices().schema().put("uniqueItems", true));
    return schema;
  }

  @Override
  public String words() {
    return "all, a number from 1 to " + most + ", or a list of indices from 0";
  }
}
