package trainer.run;

import java.math.BigDecimal;
import java.math.MathContext;
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
  private static final int EXACT_DIGITS = 15;
  private static final double[] POWERS_OF_TEN = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
  };
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
    int[] start = new int[COLUMNS + 1]; // where each cell begins, one behind the comma before it
    int cells = 1;
    for (int i = line.indexOf(','); i >= 0; i = line.indexOf(',', i + 1)) {
      if (cells < COLUMNS) {
        start[cells] = i + 1;
      }
      cells++;
    }
    if (cells != COLUMNS) {
      throw new NumberFormatException("%d columns where %d are due".formatted(cells, COLUMNS));
    }
    start[COLUMNS] = line.length() + 1;
    return new MetricsRow(
        Integer.parseInt(line.substring(start[0], start[1] - 1)),
        Integer.parseInt(line.substring(start[1], start[2] - 1)),
        Long.parseLong(line.substring(start[2], start[3] - 1)),
        parse(line, start[3], start[4] - 1),
        number(line, start[4], start[5] - 1),
        number(line, start[5], start[6] - 1),
        number(line, start[6], start[7] - 1),
        number(line, start[7], start[8] - 1),
        number(line, start[8], start[9] - 1));
  }

  private static Double number(String line, int start, int end) {
    return start == end ? null : (Double) parse(line, start, end);
  }

  /**
   * What {@link Double#parseDouble} gives, faster. A file has many numbers, nearly all of few
   * digits: those and the power of ten that they are divided by have no rounding error, so the
   * quotient is the nearest number.
   */
  private static double parse(String line, int start, int end) {
    long digits = 0;
    int point = end;
    for (int i = start; i < end; i++) {
      char each = line.charAt(i);
      if (each >= '0' && each <= '9') {
        digits = 10 * digits + (each - '0');
      } else if (each == '.' && point == end) {
        point = i;
      } else {
        return Double.parseDouble(line.substring(start, end));
      }
    }
    int decimals = Math.max(0, end - point - 1);
    return end - start < 2 || end - start > EXACT_DIGITS
        ? Double.parseDouble(line.substring(start, end))
        : digits / POWERS_OF_TEN[decimals];
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
