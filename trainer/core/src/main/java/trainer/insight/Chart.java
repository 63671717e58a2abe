package trainer.insight;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * A chart as an SVG picture: lines or labelled dots over two axes. Its colours are those of {@code
 * chart.css}, which follow the light or dark page around it.
 */
public final class Chart {
  private static final int COLOURS = 5;
  private static final double LETTER = 6.1; // width of a character, about
  private static final int LEFT = 46;
  private static final int RIGHT = 12;
  private static final int BOTTOM = 38;
  private static final int ROW = 16; // height of a row of the legend

  /**
   * A line of a chart.
   *
   * @param name in the legend; empty: not there
   * @param colour from 0; -1 faint
   */
  public record Line(String name, int colour, boolean dashed, double[] x, double[] y) {}

  /** A dot; a label is drawn in its place. */
  record Dot(double x, double y, int colour, String label, String title) {}

  /**
   * An axis.
   *
   * @param logarithmic base 10
   */
  public record Axis(String name, double low, double high, boolean logarithmic) {
    DoubleUnaryOperator scale(double from, double to) {
      double bottom = logarithmic ? Math.log10(low) : low;
      double top = logarithmic ? Math.log10(high) : high;
      double span = top == bottom ? 1 : top - bottom;
      return value ->
          from + (to - from) * ((logarithmic ? Math.log10(value) : value) - bottom) / span;
    }

    List<Double> ticks(int most) {
      List<Double> ticks = new ArrayList<>();
      if (logarithmic) {
        int bottom = (int) Math.ceil(Math.log10(low) - 1e-9);
        int top = (int) Math.floor(Math.log10(high) + 1e-9);
        int step = Math.max(1, (top - bottom + most - 1) / most);
        for (int power = bottom; power <= top; power++) {
          if (Math.floorMod(power, step) == 0) {
            ticks.add(Math.pow(10, power));
          }
        }
        return ticks;
      }
      double rough = (high - low) / most;
      double power = Math.pow(10, Math.floor(Math.log10(rough)));
      double step =
          power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
      for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
        ticks.add(i * step);
      }
      return ticks;
    }

    String label(double tick) {
      if (!logarithmic) {
        double whole = Math.rint(tick);
        return Math.abs(tick - whole) < 1e-9
            ? String.format(Locale.ROOT, "%,d", (long) whole)
            : String.format(Locale.ROOT, "%.3g", tick).replaceFirst("0+$", "");
      }
      int power = (int) Math.rint(Math.log10(tick));
      return power >= -2 && power <= 3
          ? String.format(Locale.ROOT, "%s", power >= 0 ? (long) tick : tick)
          : "10"
              + Integer.toString(power)
                  .replace("-", "⁻")
                  .replace("0", "⁰")
                  .replace("1", "¹")
                  .replace("2", "²")
                  .replace("3", "³")
                  .replace("4", "⁴")
                  .replace("5", "⁵")
                  .replace("6", "⁶")
                  .replace("7", "⁷")
                  .replace("8", "⁸")
                  .replace("9", "⁹");
    }
  }

  private final StringBuilder svg = new StringBuilder();
  private final DoubleUnaryOperator across;
  private final DoubleUnaryOperator up;

  private Chart(String description, int width, int height, int top, Axis x, Axis y) {
    across = x.scale(LEFT, width - RIGHT);
    up = y.scale(height - BOTTOM, top);
    add(
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\"><title>%s</title>",
        width, height, escaped(description));
    for (double tick : y.ticks(5)) {
      double at = up.applyAsDouble(tick);
      add("<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, at, width - RIGHT);
      add(
          "<text class=\"faint\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT - 5, at + 4, y.label(tick));
    }
    for (double tick : x.ticks(width < 300 ? 3 : 6)) {
      double at = across.applyAsDouble(tick);
      add("<path class=\"grid\" d=\"M%.1f %dv%d\"/>", at, top, height - BOTTOM - top);
      add(
          "<text class=\"faint\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
          at, height - BOTTOM + 14, x.label(tick));
    }
    add(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
        (LEFT + width - RIGHT) / 2, height - 6, escaped(x.name()));
    add(
        "<text transform=\"translate(11 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
        (top + height - BOTTOM) / 2, escaped(y.name()));
  }

  /** A chart of lines with a legend above them. */
  public static String lines(String description, Axis x, Axis y, List<Line> lines) {
    int width = 420;
    int rows = 1;
    double at = LEFT;
    List<double[]> places = new ArrayList<>();
    for (Line line : lines) {
      double needed = line.name().isEmpty() ? 0 : 42 + LETTER * line.name().length();
      if (at + needed > width && at > LEFT) {
        rows++;
        at = LEFT;
      }
      places.add(new double[] {at, (rows - 1) * ROW + 12});
      at += needed;
    }
    int legend = lines.stream().allMatch(line -> line.name().isEmpty()) ? 0 : rows * ROW;
    Chart chart = new Chart(description, width, 250 + legend, legend + 10, x, y);
    for (int i = 0; i < lines.size(); i++) {
      chart.addLine(lines.get(i), places.get(i)[0], places.get(i)[1], y);
    }
    return chart.end();
  }

  private void addLine(Line line, double legendX, double legendY, Axis y) {
    String colour = line.colour() < 0 ? "faint" : "c" + line.colour() % COLOURS;
    String classes = "line " + colour + (line.dashed() ? " dashed" : "");
    if (!line.name().isEmpty()) {
      add(
          "<path class=\"%s\" d=\"M%.1f %.1fh22\"/><text x=\"%.1f\" y=\"%.1f\">%s</text>",
          classes, legendX, legendY - 4, legendX + 27, legendY, escaped(line.name()));
    }
    StringBuilder path = new StringBuilder();
    boolean drawn = false;
    for (int i = 0; i < line.x().length; i++) {
      boolean inside = line.y()[i] >= y.low() * (1 - 1e-9);
      if (inside) {
        path.append(
            String.format(
                Locale.ROOT,
                "%s%.1f %.1f",
                drawn ? "L" : "M",
                across.applyAsDouble(line.x()[i]),
                up.applyAsDouble(line.y()[i])));
      }
      drawn = inside;
    }
    add("<path class=\"%s\" d=\"%s\"/>", classes, path);
    if (line.x().length == 1) {
      add(
          "<circle class=\"dot %s\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"/>",
          colour, across.applyAsDouble(line.x()[0]), up.applyAsDouble(line.y()[0]));
    }
  }

  /** A chart of dots, or of labels in their places. */
  static String dots(String description, int width, int height, Axis x, Axis y, List<Dot> dots) {
    Chart chart = new Chart(description, width, height, 10, x, y);
    for (Dot dot : dots) {
      double left = chart.across.applyAsDouble(dot.x());
      double up = chart.up.applyAsDouble(dot.y());
      String colour = "c" + dot.colour() % COLOURS;
      String title = escaped(dot.title());
      if (dot.label() == null) {
        chart.add(
            "<circle class=\"dot %s\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"><title>%s</title></circle>",
            colour, left, up, title);
      } else {
        chart.add(
            "<text class=\"label %s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s<title>%s</title></text>",
            colour, left, up + 4, escaped(dot.label()), title);
      }
    }
    return chart.end();
  }

  private String end() {
    return svg.append("</svg>").toString();
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }

  /** The chart as a file of its own, on paper of its own. */
  public static String file(String svg) {
    String styled =
        "<style>"
            + Report.resource("picture.css")
            + Report.resource("chart.css")
            + "</style><rect class=\"paper\" width=\"100%\" height=\"100%\"/>";
    return svg.replaceFirst("</title>", "</title>" + styled) + "\n";
  }

  /** Text inside markup. */
  static String escaped(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                default -> out.appendCodePoint(Character.isISOControl(c) ? '\uFFFD' : c);
              }
            });
    return out.toString();
  }
}
