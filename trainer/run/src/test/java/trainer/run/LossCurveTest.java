package trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.github.weisj.jsvg.parser.SVGLoader;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.swing.JComponent;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class LossCurveTest {
  @TempDir Path directory;

  private final List<String> warnings = new ArrayList<>();

  private static List<MetricsRow> rows(int count, int every, int evaluateEvery) {
    Random random = new Random(5);
    List<MetricsRow> rows = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      int iteration = i * every;
      double loss = 1.25 + 2.6 * Math.exp(-iteration / (0.12 * count * every));
      double train = loss + 0.04 * random.nextGaussian();
      double validation = loss + 0.12 + 0.15 * Math.pow((double) i / count, 3);
      boolean evaluated = iteration % evaluateEvery == 0;
      rows.add(
          new MetricsRow(
              iteration,
              0,
              iteration * 4096L,
              i * 0.5,
              i == 1 ? 9.0 : train,
              evaluated ? validation : null,
              0.002,
              0.8,
              8192.0));
    }
    return rows;
  }

  private LossCurve curve(LossCurve.Baseline... baselines) {
    return new LossCurve("shakespeare <3", "2 × LSTM of 256", List.of(baselines), warnings::add);
  }

  private Path svg() {
    return directory.resolve("loss.svg");
  }

  private Path png() {
    return directory.resolve("loss.png");
  }

  @Test
  void drawingAndPictureShowTheSame() throws Exception {
    curve(new LossCurve.Baseline("bigram entropy", 2.452)).draw(rows(400, 25, 500), svg(), png());
    assertThat(warnings).isEmpty();
    BufferedImage picture = ImageIO.read(png().toFile());
    assertThat(picture.getWidth()).isEqualTo(1800);
    assertThat(picture.getHeight()).isEqualTo(1000);
    assertThat(Files.readString(svg()))
        .contains("<title>Loss curve of shakespeare &lt;3 · 2 × LSTM of 256</title>");
    BufferedImage drawn = drawn(svg());
    double difference = 0;
    double ink = 0;
    for (int y = 0; y < 1000; y++) {
      for (int x = 0; x < 1800; x++) {
        difference += Math.abs(darkness(picture, x, y) - darkness(drawn, x, y));
        ink += darkness(picture, x, y);
      }
    }
    assertThat(ink / (1800 * 1000)).isBetween(0.005, 0.1);
    // Glyph outlines are aligned to pixels in only one of them.
    assertThat(difference / ink).isLessThan(0.25);
  }

  @Test
  void marksTheBestPointAndEverySeriesWithItsColour() throws Exception {
    curve(new LossCurve.Baseline("bigram entropy", 2.452)).draw(rows(400, 25, 500), svg(), png());
    String text = Files.readString(svg());
    assertThat(text)
        .contains("rgb(143,184,222)") // training
        .contains("stroke-dasharray=\"6,4\"") // the baseline
        .contains("rgb(194,65,12)"); // validation, its best point and label
  }

  @Test
  void aLongRunsDrawingStaysSmall() throws Exception {
    curve().draw(rows(50_000, 50, 5_000), svg(), png());
    assertThat(Files.size(svg())).isLessThan(200_000);
    assertThat(Files.size(png())).isLessThan(300_000);
  }

  @Test
  void drawsAnySeriesThatExists() {
    for (List<MetricsRow> rows :
        List.of(
            rows(1, 10, 10),
            rows(1, 10, 1_000),
            rows(30, 10, 1_000),
            List.of(new MetricsRow(5, 0, 1, 1, null, 2.0, null, null, null)),
            List.of(
                new MetricsRow(5, 0, 1, 1, Double.NaN, 2.0, null, null, null),
                new MetricsRow(9, 0, 1, 1, 1.0, Double.POSITIVE_INFINITY, null, null, null)))) {
      curve().draw(rows, svg(), png());
      assertThat(svg()).isNotEmptyFile();
    }
    assertThat(warnings).isEmpty();
  }

  @Test
  void drawsNothingWhereThereIsNoLoss() {
    curve().draw(List.of(), svg(), png());
    curve()
        .draw(
            List.of(new MetricsRow(5, 0, 1, 1, Double.NaN, null, null, null, null)), svg(), png());
    assertThat(svg()).doesNotExist();
    assertThat(png()).doesNotExist();
    assertThat(warnings).isEmpty();
  }

  @Test
  void withoutFontsItWarnsOnceAndContinues() throws Exception {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.awt.headless=true",
            "-Dsun.awt.fontconfig=" + directory.resolve("missing"),
            "-cp",
            System.getProperty("java.class.path"),
            FontlessCurve.class.getName(),
            directory.toString());
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output.lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("no loss curve is drawn: this Java cannot draw text (")
                    .doesNotContain("InvocationTargetException")
                    .endsWith(
                        "): install fontconfig and a font such as DejaVu Sans; metrics.csv has the"
                            + " numbers"),
            line -> assertThat(line).isEqualTo("trained on"));
    assertThat(svg()).doesNotExist();
  }

  /** XChart refuses two series of one name. */
  @Test
  void aDrawingThatFailsOtherwiseIsNotPutDownToFonts() {
    LossCurve.Baseline one = new LossCurve.Baseline("bigrams", 2.452);
    LossCurve curve = curve(one, one);
    curve.draw(rows(4, 25, 50), svg(), png());
    curve.draw(rows(4, 25, 50), svg(), png());

    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("no loss curve is drawn: unexpected java.lang.IllegalArgumentException: ")
        .contains("bigrams 2.452")
        .endsWith("; metrics.csv has the numbers");
    assertThat(svg()).doesNotExist();
  }

  @Test
  void theDrawingIsTheSameInEveryLocale() throws IOException {
    curve().draw(rows(4, 25, 50), svg(), png());
    String drawing = Files.readString(svg());
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG")); // has digits of its own
      curve().draw(rows(4, 25, 50), svg(), png());
    } finally {
      Locale.setDefault(before);
    }
    assertThat(svg()).hasContent(drawing);
  }

  private static double darkness(BufferedImage picture, int x, int y) {
    Color color = new Color(picture.getRGB(x, y));
    return 1 - (color.getRed() + color.getGreen() + color.getBlue()) / 765.0;
  }

  /** Draws an SVG file as a browser would. */
  private static BufferedImage drawn(Path svg) throws IOException {
    BufferedImage picture = new BufferedImage(1800, 1000, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.scale(2, 2);
    new SVGLoader().load(svg.toUri().toURL()).render((JComponent) null, graphics);
    graphics.dispose();
    return picture;
  }
}
