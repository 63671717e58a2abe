package trainer.trial;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What the losses of trials say about the keys that vary. */
public final class Effects {
  /** A key whose numbers are more than these is cut into as many parts of equal range. */
  static final int PARTS = 4;

  private static final String SEED = "seed";

  private Effects() {}

  /**
   * A trial that was measured.
   *
   * @param settings {@code KEY=VALUE}
   * @param loss nats per character, finite
   */
  public record Measured(List<String> settings, double loss) {}

  /**
   * Importance of a key.
   *
   * @param share of the variance of the loss that the key alone explains, 0 to 1
   * @param byChance share that a key without any effect has on average: with few trials, much
   */
  public record Importance(String key, double share, double byChance) {}

  /**
   * Losses of trials that differ in the seed alone.
   *
   * @param settings the others
   * @param deviation of the sample; NaN for one
   */
  public record Group(List<String> settings, int trials, double mean, double deviation) {}

  /**
   * The importance of each key: the trials are grouped by its value, and the variance of the
   * groups' means, each weighted by its number of trials, is divided by the variance of all losses.
   * On a full grid this is the key's main effect in a functional analysis of variance. Where a key
   * has more than four values and all are numbers, its groups are the four parts of equal length of
   * their range, of the logarithm if they span a factor of 10 or more.
   *
   * @return in the order of the settings; empty if fewer than two trials were measured or all
   *     losses are equal
   */
  public static List<Importance> importance(List<Measured> trials) {
    double mean = trials.stream().mapToDouble(Measured::loss).average().orElse(Double.NaN);
    double all = trials.stream().mapToDouble(trial -> square(trial.loss() - mean)).sum();
    List<Importance> found = new ArrayList<>();
    if (trials.size() < 2 || all == 0) {
      return found;
    }
    for (int key = 0; key < trials.get(0).settings().size(); key++) {
      int place = key;
      List<String> values =
          trials.stream().map(trial -> Setting.value(trial.settings().get(place))).toList();
      List<String> groups = parts(values);
      Map<String, List<Double>> losses = new LinkedHashMap<>();
      for (int i = 0; i < trials.size(); i++) {
        losses.computeIfAbsent(groups.get(i), none -> new ArrayList<>()).add(trials.get(i).loss());
      }
      double between =
          losses.values().stream()
              .mapToDouble(group -> group.size() * square(mean(group) - mean))
              .sum();
      found.add(
          new Importance(
              Setting.key(trials.get(0).settings().get(key)),
              Math.min(1, between / all),
              (losses.size() - 1.0) / (trials.size() - 1)));
    }
    return found;
  }

  /** The group of each value. */
  private static List<String> parts(List<String> values) {
    if (values.stream().distinct().count() <= PARTS) {
      return values;
    }
    TreeSet<Double> numbers = new TreeSet<>();
    List<Double> parsed = new ArrayList<>();
    try {
      for (String value : values) {
        parsed.add(new BigDecimal(value.strip()).doubleValue());
      }
    } catch (NumberFormatException e) {
      return values;
    }
    numbers.addAll(parsed);
    boolean wide = numbers.first() > 0 && numbers.last() >= Variation.WIDE * numbers.first();
    double low = wide ? Math.log(numbers.first()) : numbers.first();
    double high = wide ? Math.log(numbers.last()) : numbers.last();
    return parsed.stream()
        .map(value -> PARTS * ((wide ? Math.log(value) : value) - low) / (high - low))
        .map(part -> Integer.toString((int) Math.min(PARTS - 1, part)))
        .toList();
  }

  /** The trials by all settings but the seed, where one varies it; else empty. */
  public static List<Group> bySeed(List<Measured> trials) {
    Map<List<String>, List<Double>> groups = new LinkedHashMap<>();
    for (Measured trial : trials) {
      List<String> others = new ArrayList<>(trial.settings());
      if (others.removeIf(setting -> Setting.key(setting).equals(SEED))) {
        groups.computeIfAbsent(others, none -> new ArrayList<>()).add(trial.loss());
      }
    }
    List<Group> found = new ArrayList<>();
    groups.forEach(
        (settings, losses) ->
            found.add(new Group(settings, losses.size(), mean(losses), deviation(losses))));
    return found;
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** Of a sample; NaN for one value. */
  private static double deviation(List<Double> values) {
    double mean = mean(values);
    double squares = values.stream().mapToDouble(value -> square(value - mean)).sum();
    return Math.sqrt(squares / (values.size() - 1));
  }

  private static double square(double value) {
    return value * value;
  }
}
