package trainer.config.binding;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Names in YAML, and corrections of misspelt ones. */
public final class Names {
  private static final int MOST_CHARACTERS = 100; // the distance takes the square

  private Names() {}

  /** Converts {@code everyIterations} to {@code every_iterations}. */
  static String key(String component) {
    return component.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** Converts {@code AdamW} to {@code adamw}, {@code GRAVES_LSTM} to {@code graves_lstm}. */
  static String value(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** The candidate closest to {@code word}, if close enough. */
  public static Optional<String> nearest(String word, Collection<String> candidates) {
    if (word.length() > MOST_CHARACTERS) {
      return Optional.empty();
    }
    return candidates.stream()
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
        .filter(
            best -> distance(word, best) <= Math.max(1, Math.min(word.length(), best.length()) / 3))
        .filter(best -> word.length() > 1);
  }

  /** Edit distance: insertions, deletions, replacements, swaps of neighbours. */
  static int distance(String from, String to) {
    String a = from.toLowerCase(Locale.ROOT);
    String b = to.toLowerCase(Locale.ROOT);
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int best = edits[i - 1][j - 1] + (same ? 0 : 1);
        best = Math.min(best, Math.min(edits[i - 1][j], edits[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        edits[i][j] = swapped ? Math.min(best, edits[i - 2][j - 2] + 1) : best;
      }
    }
    return edits[a.length()][b.length()];
  }
}
