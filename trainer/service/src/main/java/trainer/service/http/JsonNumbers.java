package trainer.service.http;

/**
 * Writes many numbers into JSON. Nearly all that a run records have few decimals, and are written
 * several times faster than Java does it.
 */
final class JsonNumbers {
  private static final int DECIMALS = 9;
  private static final double SCALE = 1e9;
  private static final double LEAST = 1e-3; // Java writes others with an exponent
  private static final double MOST = 9e6; // so that the digits are exact

  private JsonNumbers() {}

  /** Adds a number; what was not measured, and what is not a number, is null. */
  static void append(StringBuilder text, Double value) {
    if (value == null || !Double.isFinite(value)) {
      text.append("null");
      return;
    }
    double number = value;
    long digits = number >= LEAST && number < MOST ? Math.round(number * SCALE) : 0;
    // Of two exact numbers the quotient is the nearest to the text, as it would be read again.
    if (digits > 0 && digits / SCALE == number) {
      appendFixed(text, digits);
    } else {
      text.append(number);
    }
  }

  private static void appendFixed(StringBuilder text, long digits) {
    long scale = (long) SCALE;
    text.append(digits / scale).append('.');
    int decimals = (int) (digits % scale);
    int start = text.length();
    text.append(decimals);
    text.insert(start, "0".repeat(DECIMALS - (text.length() - start)));
    int end = text.length();
    while (end > start + 1 && text.charAt(end - 1) == '0') {
      end--;
    }
    text.setLength(end);
  }
}
