package trainer.trial;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trainer.file.ShellWord;
import trainer.run.RunException;

/**
 * A configuration key and the values to try: a list such as {@code
 * training.optimizer.learning_rate=0.002,0.01}, or a range such as {@code
 * training.optimizer.learning_rate=0.0003..0.03}.
 *
 * @param values as YAML; empty for a range
 * @param low of a range; null for a list
 * @param high of a range; null for a list
 */
public record Variation(String key, List<String> values, BigDecimal low, BigDecimal high) {
  private static final Pattern RANGE =
      Pattern.compile("\\s*([-+0-9.eE]*[0-9.])\\.\\.([-+0-9][-+0-9.eE]*)\\s*");

  /** From this ratio on, the logarithm of a value is drawn. */
  static final int WIDE = 10;

  /** Sizes of numbers other than zero, whose ratios and differences are finite. */
  private static final double LEAST = 1e-100;

  private static final double MOST = 1e100;
  private static final MathContext DIGITS = new MathContext(4);
  private static final int TRIES = 100; // for each trial that differs from those before

  public Variation {
    values = List.copyOf(values);
  }

  /**
   * Parses {@code KEY=V1,V2…} or {@code KEY=LOW..HIGH}. Commas within brackets, braces and quotes
   * belong to a value.
   *
   * @throws RunException if it is neither
   */
  public static Variation parse(String text) {
    int at = text.indexOf('=');
    if (at < 1 || at == text.length() - 1) {
      throw new RunException(
          "--vary %s: is not KEY=V1,V2… or KEY=LOW..HIGH".formatted(ShellWord.of(text)));
    }
    String key = text.substring(0, at);
    Matcher range = RANGE.matcher(text.substring(at + 1));
    if (!range.matches()) {
      return new Variation(key, split(text.substring(at + 1)), null, null);
    }
    BigDecimal low = number(text, range.group(1));
    BigDecimal high = number(text, range.group(2));
    if (low.compareTo(high) >= 0) {
      throw new RunException(
          "--vary %s: %s is not below %s".formatted(ShellWord.of(text), low, high));
    }
    return new Variation(key, List.of(), low, high);
  }

  private static BigDecimal number(String text, String digits) {
    try {
      BigDecimal number = new BigDecimal(digits);
      double size = Math.abs(number.doubleValue());
      if (number.signum() == 0 || (size >= LEAST && size <= MOST)) {
        return number;
      }
      throw new NumberFormatException("too large or too small");
    } catch (NumberFormatException e) {
      throw new RunException(
          "--vary %s: %s is not a number".formatted(ShellWord.of(text), digits), e);
    }
  }

  private static List<String> split(String text) {
    List<String> values = new ArrayList<>();
    int depth = 0;
    char quote = 0;
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '[' || c == '{') {
        depth++;
      } else if (c == ']' || c == '}') {
        depth--;
      } else if (c == ',' && depth == 0) {
        values.add(text.substring(start, i).strip());
        start = i + 1;
      }
    }
    values.add(text.substring(start).strip());
    return values;
  }

  /** Whether values are drawn from a range. */
  public boolean isRange() {
    return low != null;
  }

  /** A value for a trial: one of the list, or from the range; whole if both ends are. */
  private String draw(SplittableRandom random) {
    if (!isRange()) {
      return values.get(random.nextInt(values.size()));
    }
    boolean wide = low.signum() > 0 && high.compareTo(low.multiply(BigDecimal.valueOf(WIDE))) >= 0;
    boolean whole = low.scale() <= 0 && high.scale() <= 0;
    double half = whole ? 0.5 : 0; // so that both ends are rounded to from both sides
    double bottom = low.doubleValue() - half;
    double top = high.doubleValue() + half;
    double share = random.nextDouble();
    double value = wide ? bottom * Math.pow(top / bottom, share) : bottom + share * (top - bottom);
    return whole
        ? Long.toString(Math.round(Math.min(value, high.doubleValue())))
        : new BigDecimal(value).round(DIGITS).toString();
  }

  /**
   * The settings of the trials of a sweep: every combination, or random ones.
   *
   * @param trials number to draw; null: every combination
   * @param most number of trials that may be
   * @throws RunException if there are more, or a range without a number of trials
   */
  public static List<List<String>> trials(
      List<Variation> variations, Integer trials, long seed, int most) {
    long combinations = 1;
    for (Variation variation : variations) {
      combinations = Math.min(Integer.MAX_VALUE, combinations * variation.size());
    }
    if (trials == null && combinations > most) {
      throw new RunException(
          String.format(
              Locale.ROOT,
              "--vary: %,d combinations, more than %,d: draw some with --trials N",
              combinations,
              most));
    }
    return trials == null ? grid(variations) : random(variations, trials, seed);
  }

  private int size() {
    return isRange() ? 1 : values.size();
  }

  /**
   * Every combination, the last key varying fastest.
   *
   * @return the settings {@code KEY=VALUE} of each trial
   * @throws RunException if there is a range
   */
  public static List<List<String>> grid(List<Variation> variations) {
    List<List<String>> trials = List.of(List.of());
    for (Variation variation : variations) {
      if (variation.isRange()) {
        throw new RunException(
            "--vary %s=%s..%s: a range needs --trials N, the number of values to draw"
                .formatted(variation.key, variation.low, variation.high));
      }
      List<List<String>> longer = new ArrayList<>();
      for (List<String> trial : trials) {
        for (String value : variation.values) {
          List<String> settings = new ArrayList<>(trial);
          settings.add(variation.key + "=" + value);
          longer.add(settings);
        }
      }
      trials = longer;
    }
    return trials;
  }

  /**
   * Random combinations, all different: fewer than asked for where there are no more.
   *
   * @return the settings {@code KEY=VALUE} of each trial; the same for the same seed
   */
  public static List<List<String>> random(List<Variation> variations, int trials, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Set<List<String>> drawn = new LinkedHashSet<>();
    for (int i = 0; i < TRIES * trials && drawn.size() < trials; i++) {
      drawn.add(
          variations.stream()
              .map(variation -> variation.key + "=" + variation.draw(random))
              .toList());
    }
    return List.copyOf(drawn);
  }
}
