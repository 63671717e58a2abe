package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A finite number, whole or not. */
record RealNumberType(Interval interval) implements ValueType {

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (!node.getTag().equals(Tag.INT) && !node.getTag().equals(Tag.FLOAT)) {
      String hint = isQuotedNumber(node) ? "; remove the quotes" : "";
      binding.reportValue(node, path, "must be a number, not " + Nodes.shown(node) + hint);
      return null;
    }
    double number = parse(((ScalarNode) node).getValue());
    if (!Double.isFinite(number)) {
      binding.reportMismatch(node, path, "a finite number");
      return null;
    }
    return number;
  }

  private static double parse(String text) {
    if (text.startsWith("0x") || text.startsWith("0o")) {
      if (text.length() > WholeNumberType.MOST_DIGITS) {
        return Double.POSITIVE_INFINITY;
      }
      return WholeNumberType.parse(text).doubleValue();
    }
    String lower = text.toLowerCase(Locale.ROOT);
    return lower.endsWith("inf") || lower.endsWith("nan") ? Double.NaN : Double.parseDouble(text);
  }

  static boolean isQuotedNumber(Node node) {
    return node instanceof ScalarNode scalar
        && !scalar.isPlain()
        && scalar.getValue().matches("[-+]?\\.?[0-9][-+.0-9eE]*");
  }

  @Override
  public void check(Object value, String key, Consumer<Violation> found) {
    double number = (Double) value;
    if (!Double.isFinite(number)) {
      found.accept(Violation.of(key, "must be a finite number", value));
    } else if (!interval.contains(number)) {
      found.accept(Violation.of(key, "must be " + interval.words(), value));
    }
  }

  /** The shortest form that is a number in YAML 1.1 and 1.2, such as {@code 1.0e-8}. */
  @Override
  public String write(Object value) {
    String text = value.toString().toLowerCase(Locale.ROOT);
    return text.contains("e") && !text.contains("e-") ? text.replace("e", "e+") : text;
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json().put("type", "number");
    interval.addTo(schema);
    return schema;
  }

  @Override
  public String words() {
    return ("number " + interval.words()).strip();
  }
}
