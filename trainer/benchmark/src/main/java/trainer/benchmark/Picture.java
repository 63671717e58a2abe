package trainer.benchmark;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler;

/** Bars of characters per second for both sides, with the speed-up of this program. */
final class Picture {
  private static final int WIDTH = 1100;
  private static final int HEIGHT = 480;
  // Pixels per unit of the drawing, for high-resolution screens and print.
  private static final int SCALE = 2;
  private static final Color INK = new Color(0x333333);
  private static final Color GRID = new Color(0xe6e6e6);
  private static final Color[] BARS = {
    new Color(0xc2410c), new Color(0x8fb8de), new Color(0x6b7280)
  };

  private final List<Contest.Result> results;

  /** Omits contests between two cells of this program. */
  Picture(List<Contest.Result> results) {
    this.results =
        results.stream()
            .filter(result -> result.contest().workload().equals(result.contest().opponents()))
            .toList();
  }

  void write(Path file) throws IOException {
    if (results.isEmpty()) {
      return;
    }
    BufferedImage picture =
        new BufferedImage(WIDTH * SCALE, HEIGHT * SCALE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.scale(SCALE, SCALE);
    chart().paint(graphics, WIDTH, HEIGHT);
    graphics.dispose();
    if (!ImageIO.write(picture, "png", file.toFile())) {
      throw new IOException("the JVM cannot write PNG: " + file);
    }
  }

  private CategoryChart chart() {
    CategoryChart chart = new CategoryChart(WIDTH, HEIGHT);
    chart.setTitle("Training speed, characters per second, and speed-up");
    List<String> labels = new ArrayList<>();
    Set<String> opponents = new LinkedHashSet<>();
    List<Double> own = new ArrayList<>();
    for (Contest.Result result : results) {
      Contest contest = result.contest();
      labels.add(
          String.format(
              Locale.ROOT, "%s: %.1f×", contest.workload().network(), result.ratio().median()));
      opponents.add(contest.opponent().title());
      own.add(speed(result, result.own()));
    }
    Map<String, List<Double>> series = new LinkedHashMap<>();
    series.put("this program", own);
    for (String opponent : opponents) {
      List<Double> speeds = new ArrayList<>();
      for (Contest.Result result : results) {
        boolean here = result.contest().opponent().title().equals(opponent);
        speeds.add(here ? speed(result, result.opponents()) : null);
      }
      series.put(opponent, speeds);
    }
    series.forEach((name, speeds) -> chart.addSeries(name, labels, speeds));
    style(chart.getStyler(), series.values());
    return chart;
  }

  private static Double speed(Contest.Result result, Contest.Measured side) {
    return result.contest().workload().characters() / side.milliseconds().median() * 1000;
  }

  private static void style(CategoryStyler styler, Collection<List<Double>> series) {
    styler.setSeriesColors(BARS);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setChartFontColor(INK);
    styler.setChartPadding(14);
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setAxisTickLabelsColor(INK);
    styler.setYAxisMin(0.0);
    styler.setYAxisDecimalPattern("#,##0");
    styler.setLocale(Locale.ROOT);
    styler.setLegendPosition(Styler.LegendPosition.OutsideS);
    styler.setLegendLayout(Styler.LegendLayout.Horizontal);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setAvailableSpaceFill(series.size() > 2 ? 0.9 : 0.7);
    styler.setAntiAlias(true);
  }
}
