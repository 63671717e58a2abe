package trainer.run;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Lays out the chart of {@link LossCurve}. */
final class LossChart {
  private static final Color INK = new Color(0x333333);
  private static final Color FAINT = new Color(0x777777);
  private static final Color GRID = new Color(0xe6e6e6);
  private static final Color TRAINING = new Color(0x8fb8de);
  private static final Color VALIDATION = new Color(0xc2410c);
  private static final List<Color> BASELINES =
      List.of(new Color(0x6b7280), new Color(0x0f766e), new Color(0x7c3aed));
  private static final int MAXIMUM_POINTS = 600;
  private static final int MAXIMUM_MARKERS = 40;
  // Losses from before the network learned the character frequencies may lie above.
  private static final double TRANSIENT = 0.02;
  private static final double LETTER = 7;
  private static final double PLOT_WIDTH = LossCurve.WIDTH - 100.0;

  private record Point(double x, double y) {}

  private record Range(double low, double high) {}

  private LossChart() {}

  static boolean hasPoints(List<MetricsRow> rows) {
    return !points(rows, MetricsRow::trainLoss).isEmpty()
        || !points(rows, MetricsRow::validationLoss).isEmpty();
  }

  static XYChart of(String title, List<MetricsRow> rows, List<LossCurve.Baseline> baselines) {
    XYChart chart = new XYChart(LossCurve.WIDTH, LossCurve.HEIGHT);
    chart.setTitle(title);
    chart.setXAxisTitle("iteration");
    chart.setYAxisTitle("cross-entropy (nats per character)");
    style(chart.getStyler());

    List<Point> training = points(rows, MetricsRow::trainLoss);
    List<Point> validation = points(rows, MetricsRow::validationLoss);
    double last = Math.max(1, rows.get(rows.size() - 1).iteration());
    double end = last * 1.02;
    Range range = range(training, validation, baselines, last);
    chart.getStyler().setXAxisMin(0.0).setXAxisMax(end);
    chart.getStyler().setYAxisMin(range.low()).setYAxisMax(range.high());

    for (int i = 0; i < baselines.size(); i++) {
      add(chart, baselines.get(i), BASELINES.get(i % BASELINES.size()), end);
    }
    if (!training.isEmpty()) {
      XYSeries series = add(chart, "training", thinned(training), TRAINING, 1.5f);
      series.setMarker(training.size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    }
    if (!validation.isEmpty()) {
      XYSeries series = add(chart, "validation", validation, VALIDATION, 2f);
      series.setMarker(
          validation.size() <= MAXIMUM_MARKERS ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
      mark(chart, validation, range, end);
    }
    return chart;
  }

  private static void style(XYStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setChartFontColor(INK);
    styler.setChartPadding(12);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(font(Font.BOLD, 15));
    styler.setChartTitlePadding(8);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotContentSize(1);
    styler.setPlotMargin(0);
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setAxisTitleFont(font(Font.PLAIN, 13));
    styler.setAxisTickLabelsFont(font(Font.PLAIN, 12));
    styler.setAxisTickLabelsColor(INK);
    styler.setAxisTickMarksColor(FAINT);
    styler.setXAxisTickMarkSpacingHint(110);
    styler.setYAxisTickMarkSpacingHint(50);
    styler.setLocale(Locale.ROOT);
    styler.setxAxisTickLabelsFormattingFunction(LossChart::grouped);
    styler.setYAxisDecimalPattern("0.0##");
    styler.setLegendPosition(Styler.LegendPosition.InsideNE);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendBackgroundColor(Color.WHITE);
    styler.setLegendFont(font(Font.PLAIN, 12));
    styler.setLegendSeriesLineLength(26);
    styler.setMarkerSize(5);
    styler.setAnnotationTextFont(font(Font.BOLD, 12));
    styler.setAnnotationTextFontColor(VALIDATION);
    styler.setAntiAlias(true);
  }

  private static void add(XYChart chart, LossCurve.Baseline baseline, Color color, double end) {
    XYSeries series =
        add(
            chart,
            "%s %s".formatted(baseline.name(), decimals(baseline.nats())),
            List.of(new Point(0, baseline.nats()), new Point(end, baseline.nats())),
            color,
            1.25f);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(
        new BasicStroke(
            1.25f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {6, 4}, 0));
  }

  private static XYSeries add(
      XYChart chart, String name, List<Point> points, Color color, float width) {
    XYSeries series =
        chart.addSeries(
            name,
            points.stream().mapToDouble(Point::x).toArray(),
            points.stream().mapToDouble(Point::y).toArray());
    series.setLineColor(color);
    series.setMarkerColor(color);
    series.setLineStyle(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    return series;
  }

  // Labels the best point above its marker, inside the plot.
  private static void mark(XYChart chart, List<Point> validation, Range range, double end) {
    Point best = validation.stream().min(Comparator.comparingDouble(Point::y)).orElseThrow();
    String text = "best %s at %s".formatted(decimals(best.y()), grouped(best.x()));
    XYSeries series = add(chart, "best validation", List.of(best), VALIDATION, 1);
    series.setMarker(new Ring());
    series.setShowInLegend(false);
    double half = text.length() * LETTER / 2 / PLOT_WIDTH * end;
    double x = Math.max(half, Math.min(end - half, best.x()));
    double y = best.y() + 0.05 * (range.high() - range.low());
    chart.addAnnotation(new AnnotationText(text, x, y, false));
  }

  private static Range range(
      List<Point> training,
      List<Point> validation,
      List<LossCurve.Baseline> baselines,
      double last) {
    List<Point> all = new ArrayList<>(training);
    all.addAll(validation);
    double low = all.stream().mapToDouble(Point::y).min().orElseThrow();
    double high =
        all.stream()
            .filter(point -> point.x() > last * TRANSIENT)
            .mapToDouble(Point::y)
            .max()
            .orElse(low);
    for (LossCurve.Baseline baseline : baselines) {
      low = Math.min(low, baseline.nats());
      high = Math.max(high, baseline.nats());
    }
    double margin = Math.max(0.05, 0.06 * (high - low));
    return new Range(Math.max(0, low - margin), high + margin);
  }

  private static List<Point> points(List<MetricsRow> rows, Function<MetricsRow, Double> measured) {
    List<Point> points = new ArrayList<>();
    for (MetricsRow row : rows) {
      Double loss = measured.apply(row);
      if (loss != null && Double.isFinite(loss)) {
        points.add(new Point(row.iteration(), loss));
      }
    }
    return points;
  }

  // Means of neighbours bound the size of a long run's drawing.
  private static List<Point> thinned(List<Point> points) {
    int step = (points.size() + MAXIMUM_POINTS - 1) / MAXIMUM_POINTS;
    if (step <= 1) {
      return points;
    }
    List<Point> means = new ArrayList<>();
    for (int from = 0; from < points.size(); from += step) {
      List<Point> group = points.subList(from, Math.min(from + step, points.size()));
      means.add(
          new Point(
              group.stream().mapToDouble(Point::x).average().orElseThrow(),
              group.stream().mapToDouble(Point::y).average().orElseThrow()));
    }
    return means;
  }

  private static Font font(int style, int size) {
    return new Font(Font.SANS_SERIF, style, size);
  }

  private static String grouped(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  private static String decimals(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  /** A circle around a point. */
  private static final class Ring extends Marker {
    private static final double DIAMETER = 11;

    @Override
    public void paint(Graphics2D graphics, double x, double y, int size) {
      Shape ring = new Ellipse2D.Double(x - DIAMETER / 2, y - DIAMETER / 2, DIAMETER, DIAMETER);
      graphics.setStroke(new BasicStroke(2));
      graphics.draw(ring);
    }
  }
}
