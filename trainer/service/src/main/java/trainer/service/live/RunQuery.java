package trainer.service.live;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A search for runs: words, and comparisons such as {@code optimizer.learning_rate < 0.01}. A run
 * is found if all apply.
 */
public final class RunQuery {
  /** The longest text of a query. */
  public static final int MOST_CHARACTERS = 500;

  private static final Pattern TERM =
      Pattern.compile(
          "([A-Za-z_][A-Za-z0-9_.\\[\\]]*)\\s*(<=|>=|!=|=|<|>)\\s*(\"[^\"]*\"|[^\\s\"]+)"
              + "|\"([^\"]*)\"|(\\S+)");

  private final List<String> words = new ArrayList<>();
  private final List<Comparison> comparisons = new ArrayList<>();

  /**
   * What a run is searched by.
   *
   * @see RunCatalogue
   */
  public interface Subject {
    /** Whether a word, in lower case, is in its name, id, tags or note. */
    boolean has(String word);

    /** All values of a key. */
    List<String> values(String key);
  }

  private record Comparison(String key, String operator, String wanted, Double number) {
    boolean appliesTo(Subject run) {
      List<String> values = run.values(key);
      return operator.equals("!=")
          ? !values.isEmpty() && values.stream().noneMatch(value -> compare(value, "="))
          : values.stream().anyMatch(value -> compare(value, operator));
    }

    private boolean compare(String value, String how) {
      Double here = parsed(value);
      if (number == null || here == null) {
        return how.equals("=") && value.equalsIgnoreCase(wanted);
      }
      int sign = Double.compare(here, number);
      return switch (how) {
        case "<" -> sign < 0;
        case "<=" -> sign <= 0;
        case ">" -> sign > 0;
        case ">=" -> sign >= 0;
        default -> sign == 0;
      };
    }
  }

  /**
   * Parses a query.
   *
   * @throws IllegalArgumentException if a value to compare with is not a number
   */
  public static RunQuery parse(String text) {
    RunQuery query = new RunQuery();
    Matcher terms = TERM.matcher(text);
    while (terms.find()) {
      if (terms.group(1) != null) {
        query.add(terms.group(1), terms.group(2), terms.group(3).replace("\"", ""));
      } else {
        String word = terms.group(4) == null ? terms.group(5) : terms.group(4);
        query.words.add(word.toLowerCase(Locale.ROOT));
      }
    }
    return query;
  }

  private void add(String key, String operator, String wanted) {
    Double number = parsed(wanted);
    if (number == null && !Set.of("=", "!=").contains(operator)) {
      throw new IllegalArgumentException(
          "'%s %s %s': must compare with a number; words are compared by = and !="
              .formatted(key, operator, wanted));
    }
    comparisons.add(new Comparison(key, operator, wanted, number));
  }

  private static Double parsed(String text) {
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The keys that it compares. */
  public List<String> keys() {
    return comparisons.stream().map(Comparison::key).toList();
  }

  public boolean matches(Subject run) {
    return words.stream().allMatch(run::has)
        && comparisons.stream().allMatch(each -> each.appliesTo(run));
  }
}
