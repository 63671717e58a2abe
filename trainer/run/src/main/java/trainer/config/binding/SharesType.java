package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Nonnegative numbers whose sum is 1.
 *
 * @param names of the shares
 * @param positive number of leading shares that must be above zero
 */
record SharesType(List<String> names, int positive) implements ValueType {
  private static final double TOLERANCE = 1e-9;
  private static final ListType NUMBERS = new ListType(new RealNumberType(Interval.ALL), false);

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (!(node instanceof SequenceNode)) {
      binding.reportMismatch(node, path, words());
      return null;
    }
    return NUMBERS.bind(node, path, binding);
  }

  private RealNumberType share(int index) {
    return new RealNumberType(Interval.of(index < positive ? "(0, 1]" : "[0, 1]"));
  }

  @Override
  public void check(Object value, String key, Consumer<Violation> found) {
    List<?> shares = (List<?>) value;
    if (shares.size() != names.size() || shares.stream().anyMatch(Objects::isNull)) {
      found.accept(Violation.of(key, "must be " + words(), shares.size() + " numbers"));
      return;
    }
    double sum = 0;
    boolean inRange = true;
    for (int i = 0; i < shares.size(); i++) {
      double share = (Double) shares.get(i);
      inRange &= share(i).interval().contains(share);
      share(i).check(share, Paths.element(key, i), found);
      sum += share;
    }
    if (inRange && Math.abs(sum - 1) > TOLERANCE) {
      found.accept(
          Violation.of(key, "must sum to 1, but " + write(value) + " sums to " + (float) sum));
    }
  }

  @Override
  public String write(Object value) {
    return NUMBERS.write(value);
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json().put("type", "array");
    ArrayNode items = schema.putArray("prefixItems");
    for (int i = 0; i < names.size(); i++) {
      items.add(share(i).schema().put("description", names.get(i)));
    }
    return schema.put("items", false).put("minItems", names.size());
  }

  @Override
  public String words() {
    return names.size() + " numbers, [" + String.join(", ", names) + "], that sum to 1";
  }
}
