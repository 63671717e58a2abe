package trainer.benchmark;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The quantities of {@link Soak} over time, side by side, each from zero. */
final class SoakPicture {
  private static final int WIDTH = 480; // of a quantity
  private static final int HEIGHT = 240;
  private static final int COLUMNS = 2;
  // Pixels per unit of the drawing, for high-resolution screens and print.
  private static final int SCALE = 2;
  private static final double HEADROOM = 1.15;
  private static final Color INK = new Color(0x333333);
  private static final Color GRID = new Color(0xe6e6e6);
  private static final Color LINE = new Color(0xc2410c);

  private SoakPicture() {}

  static void write(List<SoakQuantity> quantities, Path file) throws IOException {
    int rows = (quantities.size() + COLUMNS - 1) / COLUMNS;
    BufferedImage picture =
        new BufferedImage(
            COLUMNS * WIDTH * SCALE, rows * HEIGHT * SCALE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.scale(SCALE, SCALE);
    for (int i = 0; i < quantities.size(); i++) {
      Graphics2D part =
          (Graphics2D) graphics.create(i % COLUMNS * WIDTH, i / COLUMNS * HEIGHT, WIDTH, HEIGHT);
      chart(quantities.get(i)).paint(part, WIDTH, HEIGHT);
      part.dispose();
    }
    graphics.dispose();
    if (!ImageIO.write(picture, "png", file.toFile())) {
      throw new IOException("the JVM cannot write PNG: " + file);
    }
  }

  private static XYChart chart(SoakQuantity quantity) {
    XYChart chart = new XYChart(WIDTH, HEIGHT);
    chart.setTitle(quantity.name());
    chart.setXAxisTitle("minutes");
    XYSeries series = chart.addSeries(quantity.name(), quantity.minutes(), quantity.values());
    series.setLineColor(LINE);
    series.setLineStyle(new BasicStroke(1.5f));
    series.setMarker(SeriesMarkers.NONE);
    double highest = Arrays.stream(quantity.values()).max().orElseThrow();
    XYStyler styler = chart.getStyler();
    styler.setYAxisMin(0.0).setYAxisMax(Math.max(1, HEADROOM * highest));
    styler.setXAxisMin(0.0);
    style(styler);
    return chart;
  }

  private static void style(XYStyler styler) {
    styler.setLegendVisible(false);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setChartFontColor(INK);
    styler.setChartPadding(12);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    styler.setXAxisDecimalPattern("#,##0.#");
    styler.setYAxisDecimalPattern("#,##0.#");
    styler.setYAxisTickMarkSpacingHint(40);
    styler.setLocale(Locale.ROOT);
    styler.setAntiAlias(true);
  }
}
