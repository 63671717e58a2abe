package trainer.config.binding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An interval of numbers; either bound may be infinite. */
record Interval(double low, boolean lowIncluded, double high, boolean highIncluded) {
  static final Interval ALL =
      new Interval(Double.NEGATIVE_INFINITY, false, Double.POSITIVE_INFINITY, false);

  private static final Pattern NOTATION =
      Pattern.compile("([\\[(])\\s*(\\S+)\\s*,\\s*(\\S+?)\\s*([])])");

  /** Parses an interval such as {@code [0, 1)} or {@code (0, inf)}. */
  static Interval of(String notation) {
    Matcher parts = NOTATION.matcher(notation);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not an interval: " + notation);
    }
    return new Interval(
        bound(parts.group(2)),
        parts.group(1).equals("["),
        bound(parts.group(3)),
        parts.group(4).equals("]"));
  }

  private static double bound(String text) {
    return switch (text) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  boolean contains(double x) {
    return (lowIncluded ? x >= low : x > low) && (highIncluded ? x <= high : x < high);
  }

  /** Such as "at least 0 and less than 1"; empty for all numbers. */
  String words() {
    String below = Double.isInfinite(high) ? "" : (highIncluded ? "at most " : "less than ");
    String above = Double.isInfinite(low) ? "" : (lowIncluded ? "at least " : "greater than ");
    if (!above.isEmpty()) {
      above += text(low);
    }
    if (!below.isEmpty()) {
      below += text(high);
    }
    return above.isEmpty() || below.isEmpty() ? above + below : above + " and " + below;
  }

  void addTo(ObjectNode schema) {
    if (!Double.isInfinite(low)) {
      put(schema, lowIncluded ? "minimum" : "exclusiveMinimum", low);
    }
    if (!Double.isInfinite(high)) {
      put(schema, highIncluded ? "maximum" : "exclusiveMaximum", high);
    }
  }

  private static void put(ObjectNode schema, String keyword, double bound) {
    if (bound == Math.rint(bound)) {
      schema.put(keyword, (long) bound);
    } else {
      schema.put(keyword, bound);
    }
  }

  private static String text(double bound) {
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }
}
