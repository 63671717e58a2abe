package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A whole number.
 *
 * @param wide whether it is a long, otherwise an int
 */
record WholeNumberType(Interval interval, boolean wide) implements ValueType {
  static final int MOST_DIGITS = 400; // as many as the largest double has

  @Override
  public Object bind(Node node, String path, Binding binding) {
    if (!node.getTag().equals(Tag.INT)) {
      String hint = RealNumberType.isQuotedNumber(node) ? "; remove the quotes" : "";
      binding.reportValue(node, path, "must be a whole number, not " + Nodes.shown(node) + hint);
      return null;
    }
    String text = ((ScalarNode) node).getValue();
    boolean negative = text.startsWith("-");
    if (text.length() > MOST_DIGITS || parse(text).bitLength() > (wide ? 63 : 31)) {
      String limit =
          negative
              ? "at least " + (wide ? Long.MIN_VALUE : Integer.MIN_VALUE)
              : "at most " + (wide ? Long.MAX_VALUE : Integer.MAX_VALUE);
      boolean open = Double.isInfinite(negative ? interval.low() : interval.high());
      binding.reportMismatch(node, path, open ? limit : interval.words());
      return null;
    }
    BigInteger number = parse(text);
    if (wide) {
      return number.longValueExact();
    }
    return number.intValueExact();
  }

  /** At most {@link #MOST_DIGITS}: the time grows with the square. */
  static BigInteger parse(String text) {
    if (text.startsWith("0x")) {
      return new BigInteger(text.substring(2), 16);
    }
    return text.startsWith("0o") ? new BigInteger(text.substring(2), 8) : new BigInteger(text);
  }

  @Override
  public void check(Object value, String key, Consumer<Violation> found) {
    if (!interval.contains(((Number) value).doubleValue())) {
      found.accept(Violation.of(key, "must be " + interval.words(), value));
    }
  }

  @Override
  public String write(Object value) {
    return value.toString();
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = ValueType.json().put("type", "integer");
    interval.addTo(schema);
    if (!schema.has("minimum")) {
      schema.put("minimum", wide ? Long.MIN_VALUE : Integer.MIN_VALUE);
    }
    if (!schema.has("maximum")) {
      schema.put("maximum", wide ? Long.MAX_VALUE : Integer.MAX_VALUE);
    }
    return schema;
  }

  @Override
  public String words() {
    return ("whole number " + interval.words()).strip();
  }
}
