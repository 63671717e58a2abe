package trainer.run;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/**
 * One row of metrics.csv. What was not measured is null, and an empty cell in the file.
 *
 * @param iteration updates made
 * @param epoch passes over the corpus completed
 * @param characters characters trained on
 * @param seconds time spent training, evaluation and checkpoints included
 * @param trainLoss mean since the row before, nats per character
 * @param validationLoss over the validation split, nats per character
 * @param learningRate of the last update
 * @param gradientNorm L2 norm of the last gradient before clipping
 * @param charactersPerSecond trained on since the row before
 */
public record MetricsRow(
    int iteration,
    int epoch,
    long characters,
    double seconds,
    Double trainLoss,
    Double validationLoss,
    Double learningRate,
    Double gradientNorm,
    Double charactersPerSecond) {

  /** The first line of metrics.csv. */
  public static final String HEADER =
      "iteration,epoch,characters,seconds,train_loss,validation_loss,learning_rate,gradient_norm,"
          + "characters_per_second";

  private static final int COLUMNS = 9;
  private static final MathContext SIGNIFICANT = new MathContext(9);

  /**
   * The row as a line, without its end. Losses have 6 decimals, seconds 3, speeds 1; rates and
   * norms 9 significant digits. The same numbers give the same line in every locale.
   */
  public String line() {
    return String.join(
        ",",
        Integer.toString(iteration),
        Integer.toString(epoch),
        Long.toString(characters),
        fixed(seconds, 3),
        fixed(trainLoss, 6),
        fixed(validationLoss, 6),
        significant(learningRate),
        significant(gradientNorm),
        fixed(charactersPerSecond, 1));
  }

  /**
   * Reads a line.
   *
   * @throws NumberFormatException if it is not a row
   */
  public static MetricsRow parse(String line) {
    List<String> cells = List.of(line.split(",", -1));
    if (cells.size() != COLUMNS) {
      throw new NumberFormatException(
          "%d columns where %d are due".formatted(cells.size(), COLUMNS));
    }
    return new MetricsRow(
        Integer.parseInt(cells.get(0)),
        Integer.parseInt(cells.get(1)),
        Long.parseLong(cells.get(2)),
        Double.parseDouble(cells.get(3)),
        number(cells.get(4)),
        number(cells.get(5)),
        number(cells.get(6)),
        number(cells.get(7)),
        number(cells.get(8)));
  }

  private static Double number(String cell) {
    return cell.isEmpty() ? null : Double.valueOf(cell);
  }

  private static String fixed(Double value, int decimals) {
    if (value == null || !Double.isFinite(value)) {
      return special(value);
    }
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static String significant(Double value) {
    if (value == null || !Double.isFinite(value)) {
      return special(value);
    }
    return value == 0
        ? "0"
        : new BigDecimal(value).round(SIGNIFICANT).stripTrailingZeros().toString();
  }

  private static String special(Double value) {
    return value == null ? "" : value.toString();
  }
}
