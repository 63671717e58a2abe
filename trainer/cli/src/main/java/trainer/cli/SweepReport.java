package trainer.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import trainer.cli.console.Console;
import trainer.search.Trial;
import trainer.search.TrialResult;

/** The results of a sweep as a table, or as JSON. */
final class SweepReport {
  private static final String SEED = "seed=";

  private SweepReport() {}

  static String text(List<TrialResult> results) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("nats", "bits", "iteration", "of", "", "trial"));
    for (TrialResult result : results) {
      boolean measured = !Double.isNaN(result.loss());
      rows.add(
          List.of(
              measured ? Console.format("%.4f", result.loss()) : "-",
              measured ? Console.format("%.3f", Console.bits(result.loss())) : "-",
              measured ? Console.format("%,d", result.bestIteration()) : "-",
              Console.format("%,d", result.iterations()),
              switch (result.state()) {
                case FINISHED -> "";
                case DROPPED -> "dropped";
                case FAILED -> "failed";
              },
              result.trial().name()));
    }
    StringBuilder text = new StringBuilder(table(rows));
    Map<String, List<Double>> groups = bySettings(results);
    if (groups.values().stream().anyMatch(losses -> losses.size() > 1)) {
      List<List<String>> means = new ArrayList<>();
      means.add(List.of("mean", "deviation", "seeds", "trial"));
      groups.forEach(
          (settings, losses) ->
              means.add(
                  List.of(
                      Console.format("%.4f", mean(losses)),
                      losses.size() > 1 ? Console.format("%.4f", deviation(losses)) : "-",
                      Integer.toString(losses.size()),
                      settings)));
      text.append("\n\n").append(table(means));
    }
    return text.toString();
  }

  /** Losses of trials that differ in the seed alone. */
  private static Map<String, List<Double>> bySettings(List<TrialResult> results) {
    Map<String, List<Double>> groups = new LinkedHashMap<>();
    for (TrialResult result : results) {
      List<String> others = new ArrayList<>(result.trial().settings());
      boolean seeded = others.removeIf(setting -> setting.startsWith(SEED));
      if (seeded && result.state() == TrialResult.State.FINISHED) {
        String settings = others.isEmpty() ? "all" : Trial.shortly(others);
        groups.computeIfAbsent(settings, none -> new ArrayList<>()).add(result.loss());
      }
    }
    return groups;
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** Of a sample. */
  private static double deviation(List<Double> values) {
    double mean = mean(values);
    double squares = values.stream().mapToDouble(value -> (value - mean) * (value - mean)).sum();
    return Math.sqrt(squares / (values.size() - 1));
  }

  /** Numbers to the right, the last column to the left. */
  private static String table(List<List<String>> rows) {
    int columns = rows.get(0).size();
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns - 1; i++) {
        int column = i;
        int width = rows.stream().mapToInt(each -> each.get(column).length()).max().orElse(0);
        line.append(width == 0 ? "" : ("%" + width + "s  ").formatted(row.get(i)));
      }
      text.append(line).append(row.get(columns - 1)).append('\n');
    }
    return text.toString().stripTrailing();
  }

  static String json(List<TrialResult> results) {
    ObjectNode json = new JsonMapper().createObjectNode();
    ArrayNode trials = json.putArray("trials");
    for (TrialResult result : results) {
      ObjectNode trial = trials.addObject();
      trial.put("run", result.trial().directory().toString());
      ObjectNode settings = trial.putObject("settings");
      for (String setting : result.trial().settings()) {
        int at = setting.indexOf('=');
        settings.put(setting.substring(0, at), setting.substring(at + 1));
      }
      trial.put("state", result.state().name().toLowerCase(Locale.ROOT));
      if (!Double.isNaN(result.loss())) {
        trial.put("best_validation_loss", result.loss());
        trial.put("best_iteration", result.bestIteration());
      }
      trial.put("iterations", result.iterations());
      if (!Double.isNaN(result.charactersPerSecond())) {
        trial.put("characters_per_second", result.charactersPerSecond());
      }
      if (result.failure() != null) {
        trial.put("failure", result.failure());
      }
    }
    return json.toPrettyString();
  }
}
