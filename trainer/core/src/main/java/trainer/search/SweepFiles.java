package trainer.search;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import trainer.file.AtomicFile;
import trainer.insight.Chart;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.trial.Setting;

/** The results of a sweep as sweep.csv, a row per trial, and sweep.svg, their validation losses. */
public final class SweepFiles {
  private static final int COLOURED = 5; // of the best trials
  private static final double TRANSIENT =
      0.1; // of the iterations; losses may lie above the picture

  private SweepFiles() {}

  /** Writes both files into a directory. */
  public static void write(List<TrialResult> results, Path directory) {
    AtomicFile.write(directory.resolve("sweep.csv"), csv(results, directory));
    String picture = svg(results);
    if (!picture.isEmpty()) {
      AtomicFile.write(directory.resolve("sweep.svg"), Chart.file(picture));
    }
  }

  private static String csv(List<TrialResult> results, Path directory) {
    Set<String> keys = new LinkedHashSet<>();
    results.forEach(
        result -> result.trial().settings().forEach(setting -> keys.add(Setting.key(setting))));
    StringBuilder text = new StringBuilder();
    List<String> header = new ArrayList<>(List.of("run"));
    header.addAll(keys);
    header.addAll(
        List.of(
            "state",
            "best_validation_loss",
            "best_iteration",
            "iterations",
            "characters_per_second",
            "failure"));
    addRow(text, header);
    for (TrialResult result : results) {
      List<String> row = new ArrayList<>();
      row.add(directory.relativize(result.trial().directory()).toString());
      result.trial().settings().forEach(setting -> row.add(Setting.value(setting)));
      row.add(result.state().name().toLowerCase(Locale.ROOT));
      row.add(number("%.6f", result.loss()));
      row.add(Integer.toString(result.bestIteration()));
      row.add(Integer.toString(result.iterations()));
      row.add(number("%.1f", result.charactersPerSecond()));
      row.add(result.failure() == null ? "" : result.failure());
      addRow(text, row);
    }
    return text.toString();
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
  }

  /** Quoted as RFC 4180 says. */
  private static void addRow(StringBuilder text, List<String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      boolean plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
      text.append(i == 0 ? "" : ",");
      text.append(plain ? cell : '"' + cell.replace("\"", "\"\"") + '"');
    }
    text.append('\n');
  }

  /** The best in colour. Empty if nothing was measured. */
  private static String svg(List<TrialResult> results) {
    List<Chart.Line> lines = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      RunDirectory run = new RunDirectory(results.get(i).trial().directory());
      if (Double.isNaN(results.get(i).loss()) || !Files.exists(run.metrics())) {
        continue;
      }
      List<MetricsRow> rows =
          Metrics.read(run.metrics()).stream().filter(row -> row.validationLoss() != null).toList();
      lines.add(
          new Chart.Line(
              i < COLOURED ? results.get(i).trial().name() : "",
              i < COLOURED ? i : -1,
              false,
              rows.stream().mapToDouble(MetricsRow::iteration).toArray(),
              rows.stream().mapToDouble(MetricsRow::validationLoss).toArray()));
    }
    if (lines.isEmpty()) {
      return "";
    }
    double end = 1;
    for (Chart.Line line : lines) {
      end = Math.max(end, line.x()[line.x().length - 1]);
    }
    double low = Double.POSITIVE_INFINITY;
    double high = 0;
    for (Chart.Line line : lines) {
      for (int i = 0; i < line.x().length; i++) {
        low = Math.min(low, line.y()[i]);
        if (line.x()[i] >= TRANSIENT * end || i == line.x().length - 1) {
          high = Math.max(high, line.y()[i]);
        }
      }
    }
    double margin = Math.max(0.02, 0.05 * (high - low));
    List<Chart.Line> drawn = new ArrayList<>(lines);
    drawn.sort(Comparator.comparing(line -> line.colour() >= 0)); // the coloured over the others
    return Chart.lines(
        "Validation loss of the trials",
        new Chart.Axis("iteration", 0, end, false),
        new Chart.Axis("validation loss (nats per character)", low - margin, high + margin, false),
        drawn);
  }
}
