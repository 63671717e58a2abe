package trainer.run;

import java.awt.Dimension;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.font.TextLayout;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import trainer.file.AtomicFile;

/**
 * The loss curve of a run as loss.svg and loss.png: training and validation loss over the
 * iterations, the best validation loss marked, and the corpus's baselines as dashed lines.
 */
public final class LossCurve {
  private static final String SVG = "http://www.w3.org/2000/svg";
  static final int WIDTH = 900;
  static final int HEIGHT = 500;
  // The PNG has twice the resolution, for high-density screens and print.
  private static final int SCALE = 2;

  private final String title;
  private final List<Baseline> baselines;
  private final Consumer<String> warning;
  private boolean drawable = true;

  /**
   * A loss to compare with, such as the bigram model's.
   *
   * @param nats per character
   */
  public record Baseline(String name, double nats) {}

  /**
   * The curve of a run.
   *
   * @param run its name
   * @param network description of the layers
   * @param warning called once if no curve can be drawn
   */
  public LossCurve(String run, String network, List<Baseline> baselines, Consumer<String> warning) {
    this.title = run + " · " + network;
    this.baselines = List.copyOf(baselines);
    this.warning = warning;
  }

  /**
   * Writes both files, atomically, if there is a loss to show. If drawing fails, for example in a
   * Java without fonts, it warns once and writes nothing: training does not depend on it.
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
      XYChart chart = LossChart.of(title, rows, baselines);
      drawing = drawing(chart);
      picture = picture(chart);
    } catch (RuntimeException | LinkageError | InternalError e) {
      drawable = false;
      warning.accept(
          "no loss curve is drawn: %s; metrics.csv has the numbers"
              .formatted(
                  hasFonts()
                      ? "unexpected " + e
                      : "this Java cannot draw text (%s): install fontconfig and a font such as DejaVu Sans"
                          .formatted(reason(e))));
      return;
    }
    AtomicFile.write(svg, drawing);
    AtomicFile.write(png, out -> encode(picture, out));
  }

  private static boolean hasFonts() {
    try {
      Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
      return new TextLayout("0", font, new FontRenderContext(null, true, true)).getAdvance() > 0;
    } catch (RuntimeException | LinkageError | InternalError e) {
      return false; // which one depends on what is missing
    }
  }

  private static void encode(BufferedImage picture, OutputStream out) throws IOException {
    // In memory: otherwise ImageIO uses a file in java.io.tmpdir.
    try (ImageOutputStream memory = new MemoryCacheImageOutputStream(out)) {
      if (!ImageIO.write(picture, "png", memory)) {
        throw new IOException("this Java cannot write PNG");
      }
    }
  }

  private String drawing(XYChart chart) {
    SVGGeneratorContext context = SVGGeneratorContext.createDefault(emptyDocument());
    context.setComment("");
    context.setPrecision(2); // decimals
    SVGGraphics2D graphics =
        new SVGGraphics2D(context, true); // text as outlines, independent of fonts
    graphics.setSVGCanvasSize(new Dimension(WIDTH, HEIGHT));
    chart.paint(graphics, WIDTH, HEIGHT);
    Element root = graphics.getRoot();
    root.setAttribute("role", "img");
    root.setAttribute("viewBox", "0 0 %s %s".formatted(WIDTH, HEIGHT));
    Element heading = root.getOwnerDocument().createElementNS(SVG, "title");
    heading.setTextContent("Loss curve of " + title);
    root.insertBefore(heading, root.getFirstChild());
    return text(root);
  }

  private static String text(Element root) {
    StringWriter text = new StringWriter();
    try {
      TransformerFactory.newInstance()
          .newTransformer()
          .transform(new DOMSource(root), new StreamResult(text));
    } catch (TransformerException e) {
      throw new IllegalStateException(e);
    }
    return text.toString();
  }

  private static Document emptyDocument() {
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .getDOMImplementation()
          .createDocument(SVG, "svg", null);
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException(e);
    }
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
