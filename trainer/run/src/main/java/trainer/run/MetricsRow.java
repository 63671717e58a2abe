package trainer.run;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/**
 * One row of metrics.csv. A value that was not measured is null, an empty cell in the file.
 *
 * @param iteration updates made
 * @param epoch passes over the corpus completed
 * @param characters characters trained on
 * @param seconds time spent training, evaluation and checkpoints included
 * @param trainLoss mean since the previous row, nats per character
 * @param validationLoss over the validation split, nats per character
 * @param learningRate of the last update
 * @param gradientNorm L2 norm of the last gradient before clipping
 * @param charactersPerSecond speed of training steps, the median of the latest 100, without
 *     evaluations, samples and checkpoints
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
   * The row as a line, without a newline. Losses have 6 decimals, seconds 3, speeds 1; rates and
   * norms 9 significant digits. Independent of the locale.
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
   * Parses a line.
   *
   * @throws NumberFormatException if it is malformed
   */
  public static MetricsRow parse(String line) {
    int[] ends = new int[COLUMNS]; // fewer substrings than split: files may have a million lines
    int columns = 0;
    for (int end = -1; end < line.length(); columns++) {
      int comma = line.indexOf(',', end + 1);
      end = comma < 0 ? line.length() : comma;
      if (columns < COLUMNS) {
        ends[columns] = end;
      }
    }
    if (columns != COLUMNS) {
      throw new NumberFormatException("%d columns instead of %d".formatted(columns, COLUMNS));
    }
    return new MetricsRow(
        Integer.parseInt(line.substring(0, ends[0])),
        Integer.parseInt(line.substring(ends[0] + 1, ends[1])),
        Long.parseLong(line.substring(ends[1] + 1, ends[2])),
        parseDouble(line, ends[2] + 1, ends[3]),
        number(line, ends[3] + 1, ends[4]),
        number(line, ends[4] + 1, ends[5]),
        number(line, ends[5] + 1, ends[6]),
        number(line, ends[6] + 1, ends[7]),
        number(line, ends[7] + 1, ends[8]));
  }

  private static Double number(String line, int start, int end) {
    return start == end ? null : (Double) parseDouble(line, start, end);
  }

  /**
   * Same result as {@link Double#parseDouble}, faster. Most numbers have few digits: both these and
   * the power of ten are exact doubles, so the quotient is correctly rounded.
   */
  private static double parseDouble(String line, int start, int end) {
    long digits = 0;
    int point = end;
    boolean plain = end - start > 1 && end - start <= EXACT_DIGITS;
    for (int i = start; plain && i < end; i++) {
      char each = line.charAt(i);
      if (each >= '0' && each <= '9') {
        digits = 10 * digits + (each - '0');
      } else {
        plain = each == '.' && point == end;
        point = i;
      }
    }
    return plain
        ? digits / POWERS_OF_TEN[Math.max(0, end - point - 1)]
        : Double.parseDouble(line.substring(start, end));
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
