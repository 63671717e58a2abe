package trainer.bench;

import java.util.Locale;

/** Formats speeds. */
public final class Speed {
  private Speed() {}

  /** In readable units, such as {@code 21.5 k chars/s}. */
  public static String text(double charactersPerSecond) {
    return charactersPerSecond >= 1e6
        ? String.format(Locale.ROOT, "%.2f M chars/s", charactersPerSecond / 1e6)
        : String.format(Locale.ROOT, "%.1f k chars/s", charactersPerSecond / 1e3);
  }
}
