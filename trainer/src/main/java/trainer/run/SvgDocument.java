package trainer.run;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Shape;
import java.awt.geom.PathIterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** An SVG picture of filled and stroked shapes, coordinates to a hundredth of a pixel. */
final class SvgDocument {
  private final int width;
  private final int height;
  private final String title;
  private final StringBuilder elements = new StringBuilder();
  private final Map<String, Integer> clips = new LinkedHashMap<>();
  private String lineStyle = "";
  private String lineEnd = "";

  /**
   * An empty picture.
   *
   * @param width pixels
   * @param height pixels
   * @param title read out by screen readers and shown by browsers
   */
  SvgDocument(int width, int height, String title) {
    this.width = width;
    this.height = height;
    this.title = title;
  }

  void fill(Shape shape, Color color, Shape clip) {
    element(shape, clip, paint("fill", color) + winding(shape));
  }

  /**
   * Draws a line along a shape.
   *
   * @param scale by which the stroke is magnified
   */
  void stroke(Shape shape, Color color, BasicStroke stroke, double scale, Shape clip) {
    StringBuilder style = new StringBuilder(" fill=\"none\"").append(paint("stroke", color));
    style.append(attribute("stroke-width", number(stroke.getLineWidth() * scale)));
    switch (stroke.getEndCap()) {
      case BasicStroke.CAP_ROUND -> style.append(attribute("stroke-linecap", "round"));
      case BasicStroke.CAP_SQUARE -> style.append(attribute("stroke-linecap", "square"));
      default -> {}
    }
    switch (stroke.getLineJoin()) {
      case BasicStroke.JOIN_ROUND -> style.append(attribute("stroke-linejoin", "round"));
      case BasicStroke.JOIN_BEVEL -> style.append(attribute("stroke-linejoin", "bevel"));
      default -> {}
    }
    if (stroke.getDashArray() != null) {
      StringBuilder dashes = new StringBuilder();
      for (float dash : stroke.getDashArray()) {
        dashes.append(dashes.isEmpty() ? "" : " ").append(number(dash * scale));
      }
      style.append(attribute("stroke-dasharray", dashes.toString()));
    }
    line(path(shape), style.append(clipped(clip)).toString());
  }

  /** The whole file. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        ("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%1$d\" height=\"%2$d\""
                + " viewBox=\"0 0 %1$d %2$d\" role=\"img\">\n")
            .formatted(width, height));
    text.append("<title>").append(escaped(title)).append("</title>\n");
    clips.forEach(
        (path, number) ->
            text.append("<clipPath id=\"clip")
                .append(number)
                .append("\"><path d=\"")
                .append(path)
                .append("\"/></clipPath>\n"));
    return text.append(elements).append("</svg>\n").toString();
  }

  private void element(Shape shape, Shape clip, String style) {
    String path = path(shape);
    if (!path.isEmpty()) {
      elements.append("<path d=\"").append(path).append('"').append(style);
      elements.append(clipped(clip)).append("/>\n");
      lineStyle = "";
    }
  }

  // A chart draws a series segment by segment; those that follow each other become one element.
  private void line(String path, String style) {
    if (path.isEmpty()) {
      return;
    }
    int second = path.indexOf('L');
    String tail = "\"" + style + "/>\n";
    boolean segment = second > 0 && path.chars().filter(Character::isLetter).count() == 2;
    if (segment && style.equals(lineStyle) && path.substring(1, second).equals(lineEnd)) {
      elements.setLength(elements.length() - tail.length());
      elements.append(path, second, path.length()).append(tail);
    } else {
      elements.append("<path d=\"").append(path).append(tail);
    }
    lineStyle = segment ? style : "";
    lineEnd = segment ? path.substring(second + 1) : "";
  }

  private String clipped(Shape clip) {
    if (clip == null) {
      return "";
    }
    int number = clips.computeIfAbsent(path(clip), unused -> clips.size() + 1);
    return attribute("clip-path", "url(#clip" + number + ")");
  }

  private static String paint(String kind, Color color) {
    String paint = attribute(kind, String.format(Locale.ROOT, "#%06x", color.getRGB() & 0xffffff));
    return color.getAlpha() == 255
        ? paint
        : paint + attribute(kind + "-opacity", number(color.getAlpha() / 255.0));
  }

  private static String winding(Shape shape) {
    return shape.getPathIterator(null).getWindingRule() == PathIterator.WIND_EVEN_ODD
        ? attribute("fill-rule", "evenodd")
        : "";
  }

  private static String path(Shape shape) {
    StringBuilder path = new StringBuilder();
    double[] points = new double[6];
    for (PathIterator i = shape.getPathIterator(null); !i.isDone(); i.next()) {
      switch (i.currentSegment(points)) {
        case PathIterator.SEG_MOVETO -> append(path, 'M', points, 2);
        case PathIterator.SEG_LINETO -> append(path, 'L', points, 2);
        case PathIterator.SEG_QUADTO -> append(path, 'Q', points, 4);
        case PathIterator.SEG_CUBICTO -> append(path, 'C', points, 6);
        default -> path.append('Z');
      }
    }
    return path.toString();
  }

  private static void append(StringBuilder path, char command, double[] points, int count) {
    path.append(command);
    for (int i = 0; i < count; i++) {
      path.append(i == 0 ? "" : " ").append(number(points[i]));
    }
  }

  private static String number(double value) {
    long hundredths = Math.round(value * 100);
    long whole = Math.abs(hundredths) / 100;
    long rest = Math.abs(hundredths) % 100;
    String digits =
        rest == 0 ? "" : rest % 10 == 0 ? "." + rest / 10 : rest < 10 ? ".0" + rest : "." + rest;
    return (hundredths < 0 ? "-" : "") + whole + digits;
  }

  private static String attribute(String name, String value) {
    return " " + name + "=\"" + value + "\"";
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
