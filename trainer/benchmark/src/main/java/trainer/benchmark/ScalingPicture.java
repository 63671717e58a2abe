package trainer.benchmark;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The curves of {@link Scaling} side by side, on log-log axes. */
final class ScalingPicture {
  private static final int WIDTH = 480; // of a curve
  private static final int HEIGHT = 340;
  private static final int COLUMNS = 2;
  // Pixels per unit of the drawing, for high-resolution screens and print.
  private static final int SCALE = 2;
  private static final Color INK = new Color(0x333333);
  private static final Color GRID = new Color(0xe6e6e6);
  private static final Color MEASURED = new Color(0xc2410c);
  private static final Color BOUND = new Color(0x8fb8de);

  private ScalingPicture() {}

  static void write(List<Scaling.Curve> curves, Path file) throws IOException {
    int rows = (curves.size() + COLUMNS - 1) / COLUMNS;
    BufferedImage picture =
        new BufferedImage(
            COLUMNS * WIDTH * SCALE, rows * HEIGHT * SCALE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.scale(SCALE, SCALE);
    for (int i = 0; i < curves.size(); i++) {
      Graphics2D part =
          (Graphics2D) graphics.create(i % COLUMNS * WIDTH, i / COLUMNS * HEIGHT, WIDTH, HEIGHT);
      chart(curves.get(i)).paint(part, WIDTH, HEIGHT);
      part.dispose();
    }
    graphics.dispose();
    if (!ImageIO.write(picture, "png", file.toFile())) {
      throw new IOException("the JVM cannot write PNG: " + file);
    }
  }

  private static XYChart chart(Scaling.Curve curve) {
    XYChart chart = new XYChart(WIDTH, HEIGHT);
    chart.setTitle("Milliseconds per training step");
    chart.setXAxisTitle(curve.quantity());
    double[] values = IntStream.of(curve.values()).asDoubleStream().toArray();
    add(chart, "measured", values, curve.milliseconds(), MEASURED);
    add(chart, "products at the sgemm peak", values, curve.bound(), BOUND);
    style(chart.getStyler());
    return chart;
  }

  private static void add(XYChart chart, String name, double[] x, double[] y, Color color) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setLineColor(color);
    series.setMarkerColor(color);
    series.setLineStyle(new BasicStroke(2));
    series.setMarker(SeriesMarkers.CIRCLE);
  }

  private static void style(XYStyler styler) {
    styler.setXAxisLogarithmic(true);
    styler.setYAxisLogarithmic(true);
    styler.setYAxisMin(1.0).setYAxisMax(1000.0); // the same in all, for comparison
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setChartFontColor(INK);
    styler.setChartPadding(12);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setAxisTickLabelsColor(INK);
    styler.setXAxisDecimalPattern("#,##0");
    styler.setYAxisDecimalPattern("#,##0.#");
    styler.setLocale(Locale.ROOT);
    styler.setLegendPosition(Styler.LegendPosition.InsideNW);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setMarkerSize(6);
    styler.setAntiAlias(true);
  }
}
