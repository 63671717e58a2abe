package trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import trainer.cli.console.Console;
import trainer.search.TrialResult;
import trainer.trial.Effects;
import trainer.trial.Setting;

/** The results of a sweep as a table, or as JSON. */
final class SweepReport {
  private SweepReport() {}

  /**
   * A row of the table.
   *
   * @param settings {@code KEY=VALUE}
   * @param state empty if it was trained to the end
   * @param loss nats per character; NaN if it was not measured
   * @param run its id in a service; empty: none
   */
  record Row(
      List<String> settings,
      String state,
      double loss,
      int bestIteration,
      int iterations,
      String run) {}

  static String text(List<TrialResult> results) {
    return table(
        results.stream()
            .map(
                result ->
                    new Row(
                        result.trial().settings(),
                        result.state() == TrialResult.State.FINISHED
                            ? ""
                            : result.state().name().toLowerCase(Locale.ROOT),
                        result.loss(),
                        result.bestIteration(),
                        result.iterations(),
                        ""))
            .toList());
  }

  /** The table of a sweep as a service describes it. */
  static String text(JsonNode sweep) {
    List<Row> rows = new ArrayList<>();
    for (JsonNode row : sweep.path("table")) {
      List<String> settings = new ArrayList<>();
      row.path("settings")
          .properties()
          .forEach(each -> settings.add(each.getKey() + "=" + each.getValue().asText()));
      String state = row.path("state").asText();
      rows.add(
          new Row(
              settings,
              state.equals("finished") ? "" : state,
              row.path("best_validation_loss").asDouble(Double.NaN),
              row.path("best_iteration").asInt(),
              row.path("iterations").asInt(),
              row.path("run").asText()));
    }
    return table(rows);
  }

  private static String table(List<Row> trials) {
    List<List<String>> rows = new ArrayList<>();
    boolean runs = trials.stream().anyMatch(trial -> !trial.run().isEmpty());
    rows.add(List.of("nats", "bits", "iteration", "of", "", runs ? "run" : "", "trial"));
    for (Row trial : trials) {
      boolean measured = !Double.isNaN(trial.loss());
      rows.add(
          List.of(
              measured ? Console.format("%.4f", trial.loss()) : "-",
              measured ? Console.format("%.3f", Console.bits(trial.loss())) : "-",
              measured ? Console.format("%,d", trial.bestIteration()) : "-",
              Console.format("%,d", trial.iterations()),
              trial.state(),
              trial.run(),
              Setting.shortly(trial.settings())));
    }
    StringBuilder text = new StringBuilder(aligned(rows));
    List<Effects.Group> groups = Effects.bySeed(measured(trials));
    if (groups.stream().anyMatch(group -> group.trials() > 1)) {
      List<List<String>> means = new ArrayList<>();
      means.add(List.of("mean", "deviation", "seeds", "trial"));
      for (Effects.Group group : groups) {
        means.add(
            List.of(
                Console.format("%.4f", group.mean()),
                group.trials() > 1 ? Console.format("%.4f", group.deviation()) : "-",
                Integer.toString(group.trials()),
                group.settings().isEmpty() ? "all" : Setting.shortly(group.settings())));
      }
      text.append("\n\n").append(aligned(means));
    }
    return text.toString();
  }

  private static List<Effects.Measured> measured(List<Row> trials) {
    return trials.stream()
        .filter(trial -> trial.state().isEmpty())
        .map(trial -> new Effects.Measured(trial.settings(), trial.loss()))
        .toList();
  }

  /** Numbers to the right, the last column to the left. */
  private static String aligned(List<List<String>> rows) {
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
