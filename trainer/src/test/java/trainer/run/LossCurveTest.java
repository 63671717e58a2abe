package trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LossCurveTest {
  @TempDir Path directory;

  private final List<String> warnings = new ArrayList<>();

  private List<MetricsRow> rows(int count, int every, int evaluateEvery) {
    Random random = new Random(5);
    List<MetricsRow> rows = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      int iteration = i * every;
      double loss = 1.25 + 2.6 * Math.exp(-iteration / (0.12 * count * every));
      double train = loss + 0.04 * random.nextGaussian();
      double validation = loss + 0.12 + 0.15 * Math.pow((double) i / count, 3);
      rows.add(
          new MetricsRow(
              iteration,
              0,
              iteration * 4096L,
              i * 0.5,
              i == 1 ? 9.0 : train,
              iteration % evaluateEvery == 0 ? validation : null,
              0.002,
              0.8,
              8192.0));
    }
    return rows;
  }

  @Test
  void drawsBothFilesWithAnAccessibleTitle() throws IOException {
    LossCurve curve =
        new LossCurve(
            "shakespeare",
            "2 × LSTM of 256, dropout 0.2",
            List.of(new LossCurve.Yardstick("bigram entropy", 2.452)),
            warnings::add);
    Path svg = directory.resolve("loss.svg");
    Path png = directory.resolve("loss.png");
    curve.draw(rows(400, 25, 500), svg, png);
    assertThat(warnings).isEmpty();
    var picture = ImageIO.read(png.toFile());
    assertThat(picture.getWidth()).isEqualTo(1800);
    assertThat(picture.getHeight()).isEqualTo(1000);
    assertThat(Files.readString(svg))
        .startsWith("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"500\"")
        .contains("<title>Loss curve of shakespeare · 2 × LSTM of 256, dropout 0.2</title>")
        .endsWith("</svg>\n");
    Files.copy(
        png, Path.of("/tmp/run-src/a.png"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        svg, Path.of("/tmp/run-src/a.svg"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    curve.draw(rows(12, 10, 20), svg, Path.of("/tmp/run-src/b.png"));
    new LossCurve("long", "GRU", List.of(), warnings::add)
        .draw(rows(20000, 50, 1000), svg, Path.of("/tmp/run-src/c.png"));
    System.out.println(Files.size(svg));
    curve.draw(rows(1, 10, 10), svg, Path.of("/tmp/run-src/d.png"));
  }
}
