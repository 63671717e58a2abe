package trainer.service.http;

/**
 * Formats doubles as JSON. Most recorded numbers have few decimals; these take a path several times
 * faster than {@code Double.toString}.
 */
final class JsonNumbers {
  private static final int DECIMALS = 9;
  private static final double SCALE = 1e9;
  private static final double LEAST = 1e-3; // Java uses an exponent below
  private static final double MOST = 9e6; // below it all digits are exact

  private JsonNumbers() {}

  /** Appends a number; null, NaN and infinities become null. */
  static void append(StringBuilder text, Double value) {
    if (value == null || !Double.isFinite(value)) {
      text.append("null");
      return;
    }
    double number = value;
    long digits = number >= LEAST && number < MOST ? Math.round(number * SCALE) : 0;
    // A quotient of two exact doubles is correctly rounded, so it parses back to this number.
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
