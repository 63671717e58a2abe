package trainer.config.binding;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Collects the first 100 problems of a configuration, up to 24,000 bytes, and counts the others.
 */
public final class Problems {
  private static final int MOST = 100;
  private static final int MOST_BYTES = 24_000;

  private final List<ConfigurationProblem> kept = new ArrayList<>();
  private int bytes;
  private int count;

  /** Keeps or counts a problem. */
  public void add(ConfigurationProblem problem) {
    if (!isFull()) {
      bytes += Text.escape(problem.toString()).getBytes(UTF_8).length;
      kept.add(problem);
    }
    count++;
  }

  /** Whether further problems are only counted. */
  boolean isFull() {
    return kept.size() == MOST || bytes > MOST_BYTES;
  }

  int count() {
    return count;
  }

  /** Those that were kept. */
  List<ConfigurationProblem> kept() {
    return kept;
  }

  public boolean isEmpty() {
    return kept.isEmpty();
  }

  /**
   * Those that were kept, and one that says how many there are besides.
   *
   * @param file names the configuration
   */
  public List<ConfigurationProblem> list(String file) {
    List<ConfigurationProblem> all = new ArrayList<>(kept);
    if (count > kept.size()) {
      String more = String.format(Locale.ROOT, "and %,d more problems", count - kept.size());
      all.add(new ConfigurationProblem(file, 0, "", "", more));
    }
    return all;
  }
}
