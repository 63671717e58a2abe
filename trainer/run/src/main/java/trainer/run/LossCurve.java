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
 * iterations, the best validation loss marked, and yardsticks of the corpus as dashed lines.
 */
public final class LossCurve {
  private static final String SVG = "http://www.w3.org/2000/svg";
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
   * that fails, as in a Java without fonts, nothing is written either and the warning says so once:
   * training does not depend on it.
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
      return false; // which of these depends on what is missing
    }
  }

  private static void encode(BufferedImage picture, OutputStream out) throws IOException {
    // Left to itself, ImageIO goes through a file in Java's temporary folder.
    try (ImageOutputStream memory = new MemoryCacheImageOutputStream(out)) {
      if (!ImageIO.write(picture, "png", memory)) {
        throw new IOException("this Java cannot write PNG");
      }
    }
  }

  private String drawing(XYChart chart) {
    SVGGeneratorContext context = SVGGeneratorContext.createDefault(emptyDocument());
    context.setComment("");
    context.setPrecision(2); // digits after the point
    SVGGraphics2D graphics = new SVGGraphics2D(context, true); // text as outlines: any font will do
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
