package trainer.run;

import java.nio.file.Path;
import java.util.List;

/** A process without fonts that draws a loss curve twice. */
final class FontlessCurve {
  private FontlessCurve() {}

  public static void main(String[] arguments) {
    LossCurve curve = new LossCurve("run", "LSTM", List.of(), System.out::println);
    Path directory = Path.of(arguments[0]);
    List<MetricsRow> rows = List.of(new MetricsRow(1, 0, 64, 1, 3.0, 3.1, 0.002, 1.0, 64.0));
    for (int i = 0; i < 2; i++) {
      curve.draw(rows, directory.resolve("loss.svg"), directory.resolve("loss.png"));
    }
    System.out.println("trained on");
  }
}
