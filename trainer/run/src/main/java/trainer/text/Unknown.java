package trainer.text;

import java.util.Locale;

/**
 * Characters outside the vocabulary.
 *
 * @param count their number
 * @param characters of the text
 */
public record Unknown(long count, long characters) {
  /** From this share on, a loss says more of the vocabulary than of the model. */
  private static final double WORTH_A_WARNING = 0.01;

  /** Their share of the text, 0 to 1. */
  public double share() {
    return (double) count / characters;
  }

  /** Whether they are so frequent that a person should know. */
  public boolean isWorthAWarning() {
    return share() >= WORTH_A_WARNING;
  }

  /** Such as {@code 12 of 3,456 characters (0.35 %) are not in the vocabulary}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d of %,d characters (%.2f %%) are not in the vocabulary",
        count,
        characters,
        100 * share());
  }
}
