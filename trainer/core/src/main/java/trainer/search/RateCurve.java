package trainer.search;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import trainer.file.AtomicFile;
import trainer.insight.Chart;

/**
 * The training loss while the learning rate grows from step to step.
 *
 * @param rates of the steps
 * @param losses nats per character, before the update of each step
 * @param smoothed the losses as an exponential mean, without the bias of its start
 * @param lowest the rate of the lowest smoothed loss: from there on, training gets worse, unless it
 *     is the highest that was tested
 * @param suggestion a tenth of it, a rule of thumb
 */
public record RateCurve(
    double[] rates, double[] losses, double[] smoothed, double lowest, double suggestion) {
  private static final double SMOOTHING = 0.95;

  /** Steps at the start whose mean has hardly begun. */
  static final int SKIPPED = 10;

  private static final double MARGIN = 10;

  static RateCurve of(double[] rates, double[] losses) {
    double[] smoothed = new double[losses.length];
    double mean = 0;
    double bias = 1;
    for (int i = 0; i < losses.length; i++) {
      mean = SMOOTHING * mean + (1 - SMOOTHING) * losses[i];
      bias *= SMOOTHING;
      smoothed[i] = mean / (1 - bias);
    }
    int lowest = Math.min(SKIPPED, losses.length - 1);
    for (int i = SKIPPED; i < losses.length; i++) {
      lowest = smoothed[i] < smoothed[lowest] ? i : lowest;
    }
    return new RateCurve(rates, losses, smoothed, rates[lowest], rates[lowest] / MARGIN);
  }

  /** Writes the curve as an SVG picture. */
  public void write(Path file) {
    double low = Double.POSITIVE_INFINITY;
    double high = 0;
    for (int i = Math.min(SKIPPED, losses.length - 1); i < losses.length; i++) {
      low = Math.min(low, smoothed[i]);
      high = Math.max(high, smoothed[i]);
    }
    double margin = Math.max(0.05, 0.1 * (high - low));
    Chart.Axis loss =
        new Chart.Axis("training loss (nats per character)", low - margin, high + margin, false);
    double[] clipped = losses.clone();
    for (int i = 0; i < clipped.length; i++) {
      clipped[i] = Math.max(loss.low(), Math.min(loss.high(), clipped[i]));
    }
    List<Chart.Line> lines =
        List.of(
            new Chart.Line("", -1, false, rates, clipped),
            new Chart.Line("smoothed", 0, false, rates, smoothed),
            upright("lowest", lowest, 2, loss),
            upright("suggestion", suggestion, 1, loss));
    AtomicFile.write(
        file,
        Chart.file(
            Chart.lines(
                "Training loss over the learning rate",
                new Chart.Axis("learning rate", rates[0], rates[rates.length - 1], true),
                loss,
                lines)));
  }

  private static Chart.Line upright(String name, double rate, int colour, Chart.Axis loss) {
    return new Chart.Line(
        String.format(Locale.ROOT, "%s %.2g", name, rate),
        colour,
        true,
        new double[] {rate, rate},
        new double[] {loss.low(), loss.high()});
  }
}
