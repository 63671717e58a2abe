package trainer.run;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;

/**
 * The loss curve of a run as loss.svg and loss.png: training and validation loss over the
 * iterations, the best validation loss marked, and yardsticks of the corpus as dashed lines.
 */
public final class LossCurve {
  static final int WIDTH = 900;
  static final int HEIGHT = 500;
  // The picture has two pixels where the drawing has one, for screens of today and for print.
  private static final int SCALE = 2;

  private final String title;
  private final List<Yardstick> yardsticks;
  private final Consumer<String> warning;
  private boolean drawable = true;

  /**
   * What the loss is compared with, such as the bigram entropy of the corpus.
   *
   * @param nats per character
   */
  public record Yardstick(String name, double nats) {}

  /**
   * The curve of a run.
   *
   * @param run its name
   * @param network the network in words
   * @param warning is told once if no curve can be drawn here
   */
  public LossCurve(
      String run, String network, List<Yardstick> yardsticks, Consumer<String> warning) {
    this.title = run + " · " + network;
    this.yardsticks = List.copyOf(yardsticks);
    this.warning = warning;
  }

  /**
   * Draws both files, each whole or not at all. Without a loss to show, nothing is written. Where
   * Java has no fonts, nothing is written either and the warning says so once: training does not
   * depend on it.
   *
   * @throws RunException if a file cannot be written
   */
  public void draw(List<MetricsRow> rows, Path svg, Path png) {
    if (!drawable || !LossChart.hasPoints(rows)) {
      return;
    }
    String drawing;
    BufferedImage picture;
    try {
      XYChart chart = LossChart.of(title, rows, yardsticks);
      drawing = drawing(chart);
      picture = picture(chart);
    } catch (RuntimeException | LinkageError | InternalError e) {
      // Java without fonts fails in one of these ways, depending on what is missing.
      drawable = false;
      warning.accept(
          "no loss curve is drawn: this Java cannot draw text (%s): install fontconfig and a font"
                  .formatted(reason(e))
              + " such as DejaVu Sans; metrics.csv has the numbers");
      return;
    }
    AtomicFile.write(svg, drawing);
    AtomicFile.write(
        png,
        out -> {
          if (!ImageIO.write(picture, "png", out)) {
            throw new IOException("this Java cannot write PNG");
          }
        });
  }

  private String drawing(XYChart chart) {
    SvgDocument document = new SvgDocument(WIDTH, HEIGHT, "Loss curve of " + title);
    SvgGraphics graphics = new SvgGraphics(document);
    chart.paint(graphics, WIDTH, HEIGHT);
    graphics.dispose();
    return document.text();
  }

  private static BufferedImage picture(XYChart chart) {
    BufferedImage picture =
        new BufferedImage(WIDTH * SCALE, HEIGHT * SCALE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.scale(SCALE, SCALE);
    chart.paint(graphics, WIDTH, HEIGHT);
    graphics.dispose();
    return picture;
  }

  private static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }
}
