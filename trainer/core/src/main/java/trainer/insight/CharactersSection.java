package trainer.insight;

import static trainer.insight.ReportSection.format;

import java.util.ArrayList;
import java.util.List;
import trainer.text.Vocabulary;

/** Which characters a network reads alike, in the report. */
final class CharactersSection {
  private CharactersSection() {}

  static ReportSection of(CharacterMap map, Vocabulary vocabulary) {
    List<Chart.Dot> dots = new ArrayList<>();
    double[] range = {0, 0, 0, 0};
    for (int v = 0; v < vocabulary.size(); v++) {
      int c = vocabulary.codePoint(v);
      double x = map.x()[v];
      double y = map.y()[v];
      range[0] = Math.min(range[0], x);
      range[1] = Math.max(range[1], x);
      range[2] = Math.min(range[2], y);
      range[3] = Math.max(range[3], y);
      dots.add(new Chart.Dot(x, y, kind(c), symbol(c), format("%s: %.2f, %.2f", symbol(c), x, y)));
    }
    return new ReportSection(
        "characters",
        "Characters",
        "Which characters it reads alike",
        "<p>Each character enters the network by its own row of weights. Here are the rows in the two"
            + " directions in which they differ most ("
            + format("%.0f %%", 100 * map.explained())
            + " of their variance): characters that act alike lie close together. Vowels are orange,"
            + " consonants blue, capitals violet, digits green, the rest grey.</p><figure>"
            + Chart.dots(
                "Characters by their input weights",
                420,
                330,
                axis("first principal component", range[0], range[1]),
                axis("second", range[2], range[3]),
                dots)
            + "</figure>");
  }

  private static Chart.Axis axis(String name, double low, double high) {
    double margin = Math.max(1e-9, 0.06 * (high - low));
    return new Chart.Axis(name, low - margin, high + margin, false);
  }

  private static int kind(int c) {
    if (Character.isUpperCase(c)) {
      return 3;
    }
    if (Character.isLetter(c)) {
      return "aeiouäöüáàâéèêëíîïóôúùûåæøœαειηουωаеёиоуыэюя".indexOf(c) >= 0 ? 0 : 1;
    }
    return Character.isDigit(c) ? 2 : 4;
  }

  private static String symbol(int c) {
    return switch (c) {
      case '\n' -> "↵";
      case ' ' -> "␣";
      case '\t' -> "⇥";
      default -> Character.toString(c);
    };
  }
}
