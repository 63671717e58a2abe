package trainer.text;

import java.util.Locale;

/**
 * A contiguous range of a text.
 *
 * @param name for messages: training, validation or test
 * @param from first character
 * @param to character after the last
 */
public record Split(String name, long from, long to) {

  /** The whole text. */
  public static Split whole(String name, EncodedText text) {
    return new Split(name, 0, text.length());
  }

  /** Number of characters. */
  public long length() {
    return to - from;
  }

  /** Whether it has no characters. */
  public boolean isEmpty() {
    return from == to;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s split, %,d characters", name, length());
  }
}
