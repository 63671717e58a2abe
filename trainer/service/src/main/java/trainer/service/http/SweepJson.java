package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import trainer.config.Configuration;
import trainer.service.runs.Labels;
import trainer.service.runs.Run;
import trainer.service.sweep.Sweep;
import trainer.service.sweep.SweepPlan;
import trainer.service.sweep.Sweeps;
import trainer.service.sweep.Trial;
import trainer.trial.Effects;
import trainer.trial.Setting;

/** The JSON of sweeps and their trials. */
final class SweepJson {
  private static final Set<String> KEYS =
      Set.of(
          "name",
          "configuration",
          "vary",
          "trials",
          "seed",
          "halving",
          "max_minutes",
          "register",
          "priority",
          "tags");
  private static final String ANY_TEXT = "(?s).{1,300000}";
  private static final int MOST_VARIED = 20;
  private static final int MOST_VARIATION = 10_000; // characters
  private static final int MOST_HALVING = 100;
  private static final int MOST_PRIORITY = 100;
  private static final double MOST_MINUTES = 1e6;

  private SweepJson() {}

  /**
   * A request.
   *
   * @param plan its name is null where the configuration has one
   */
  record Body(SweepPlan plan, int priority, List<String> tags) {
    /** File name for messages, and the default name. */
    String source() {
      return (plan.name() == null ? "configuration" : plan.name()) + ".yml";
    }

    SweepPlan planOf(String name) {
      return new SweepPlan(
          name,
          plan.configuration(),
          plan.variations(),
          plan.drawn(),
          plan.seed(),
          plan.halving(),
          plan.maxMinutes(),
          plan.model());
    }
  }

  static Body body(byte[] bytes) {
    ObjectNode node = ApiJson.parse(bytes, KEYS);
    Long trials = ApiJson.whole(node, "trials", null, 1, Sweeps.MOST_TRIALS);
    return new Body(
        new SweepPlan(
            name(node, "name"),
            ApiJson.text(node, "configuration", null, ANY_TEXT, "a configuration as YAML text"),
            vary(node),
            trials == null ? null : trials.intValue(),
            ApiJson.whole(node, "seed", 1L, Long.MIN_VALUE, Long.MAX_VALUE),
            ApiJson.whole(node, "halving", 1L, 2, MOST_HALVING).intValue(),
            minutes(node),
            name(node, "register")),
        ApiJson.whole(node, "priority", 0L, -MOST_PRIORITY, MOST_PRIORITY).intValue(),
        tags(node));
  }

  private static String name(ObjectNode node, String key) {
    return node.hasNonNull(key)
        ? ApiJson.text(node, key, null, Configuration.NEW_NAME_FORM, Configuration.NEW_NAME_WORDS)
        : null;
  }

  private static List<String> vary(ObjectNode node) {
    List<String> vary = new ArrayList<>();
    node.path("vary").forEach(each -> vary.add(each.asText()));
    if (!node.path("vary").isArray()
        || vary.isEmpty()
        || vary.size() > MOST_VARIED
        || vary.stream().anyMatch(each -> each.length() > MOST_VARIATION || each.contains("\n"))) {
      throw ApiJson.wrong(
          "vary",
          String.format(
              Locale.ROOT,
              "a list of 1 to %d texts KEY=V1,V2… or KEY=LOW..HIGH, each on one line of at most %,d"
                  + " characters",
              MOST_VARIED,
              MOST_VARIATION));
    }
    return vary;
  }

  private static Double minutes(ObjectNode node) {
    JsonNode minutes = node.path("max_minutes");
    if (minutes.isMissingNode() || minutes.isNull()) {
      return null;
    }
    if (!minutes.isNumber()
        || !(minutes.doubleValue() > 0 && minutes.doubleValue() < MOST_MINUTES)) {
      throw ApiJson.wrong("max_minutes", "minutes of training, above 0 and below 1,000,000");
    }
    return minutes.doubleValue();
  }

  private static List<String> tags(ObjectNode node) {
    List<String> tags = RunRoutes.tags(node, Labels.NONE);
    if (tags.size() == Labels.MOST_TAGS) {
      throw ApiJson.wrong(
          "tags",
          "at most %d words: the id of the sweep is another".formatted(Labels.MOST_TAGS - 1));
    }
    return tags;
  }

  /** A message in the words of the command line, in those of this interface. */
  static String fields(String message) {
    return message.replaceAll("--(vary|trials|halving)\\b", "$1");
  }

  private record SweepView(
      String id,
      String name,
      String state,
      List<String> vary,
      Integer trials,
      long seed,
      Integer halving,
      Double maxMinutes,
      String register,
      int step,
      List<StepView> steps,
      String reason,
      Integer version,
      String submittedBy,
      Instant submittedAt,
      Instant endedAt,
      int trialsInAll,
      int trialsEnded,
      TrialView best) {}

  /**
   * A step of halving.
   *
   * @param iterations null: as configured
   */
  private record StepView(Integer iterations, int trials) {}

  private record TrialView(
      int trial,
      String run,
      Map<String, String> settings,
      String state,
      Double bestValidationLoss,
      Integer bestIteration,
      Integer iterations,
      String reason) {}

  /**
   * A sweep in a list.
   *
   * @param table its trials, the best first
   * @param runs those of active trials that are there, by id
   */
  static ObjectNode sweep(Sweep sweep, List<Trial> table, Map<String, Run> runs) {
    SweepPlan plan = sweep.plan();
    List<StepView> steps = new ArrayList<>();
    sweep
        .steps(table.size())
        .forEach(
            (iterations, trials) ->
                steps.add(
                    new StepView(iterations == Integer.MAX_VALUE ? null : iterations, trials)));
    return ApiJson.tree(
        new SweepView(
            sweep.id(),
            plan.name(),
            sweep.state().word(),
            plan.variations(),
            plan.drawn(),
            plan.seed(),
            plan.halving() == 1 ? null : plan.halving(),
            plan.maxMinutes(),
            plan.model(),
            sweep.step(),
            steps,
            sweep.reason() == null ? sweep.stopping() : sweep.reason(),
            sweep.version(),
            sweep.submittedBy(),
            sweep.submittedAt(),
            sweep.endedAt(),
            table.size(),
            (int) table.stream().filter(trial -> hasEnded(trial, runs.get(trial.run()))).count(),
            Trial.best(table).map(SweepJson::view).orElse(null)));
  }

  /** Whether a trial trains no more, in this step. */
  private static boolean hasEnded(Trial trial, Run run) {
    return trial.state() != Trial.State.ACTIVE || run == null || run.state().isFinal();
  }

  private static TrialView view(Trial trial) {
    return new TrialView(
        trial.number(),
        trial.run(),
        settings(trial.settings()),
        trial.state().word(),
        trial.loss(),
        trial.bestIteration(),
        trial.iterations(),
        trial.reason());
  }

  private static Map<String, String> settings(List<String> settings) {
    Map<String, String> values = new LinkedHashMap<>();
    settings.forEach(setting -> values.put(Setting.key(setting), Setting.value(setting)));
    return values;
  }

  /**
   * A sweep on its own, with all trials and what they say about the keys.
   *
   * @param runs those that are there, by id
   */
  static ObjectNode whole(Sweep sweep, List<Trial> table, Map<String, Run> runs) {
    ObjectNode node = sweep(sweep, table, runs);
    node.put("configuration", sweep.plan().configuration());
    ArrayNode trials = node.putArray("table");
    for (Trial trial : table) {
      ObjectNode row = ApiJson.tree(view(trial));
      Run run = runs.get(trial.run());
      row.put("run_state", run == null ? null : run.state().word());
      trials.add(row);
    }
    ArrayNode importance = node.putArray("importance");
    for (Effects.Importance each : Effects.importance(measured(table, true))) {
      importance
          .addObject()
          .put("key", each.key())
          .put("share", each.share())
          .put("by_chance", each.byChance());
    }
    ArrayNode groups = node.putArray("groups");
    for (Effects.Group group : Effects.bySeed(measured(table, false))) {
      ObjectNode row = groups.addObject();
      row.set("settings", ApiJson.tree(settings(group.settings())));
      row.put("trials", group.trials()).put("mean", group.mean());
      row.put("deviation", group.trials() > 1 ? group.deviation() : null);
    }
    return node;
  }

  /** The trials that were measured: after the first step, or at the end. */
  private static List<Effects.Measured> measured(List<Trial> table, boolean first) {
    List<Effects.Measured> measured = new ArrayList<>();
    for (Trial trial : table) {
      Double loss = first ? trial.firstLoss() : trial.loss();
      if (loss != null && (first || trial.state() == Trial.State.FINISHED)) {
        measured.add(new Effects.Measured(trial.settings(), loss));
      }
    }
    return measured;
  }
}
