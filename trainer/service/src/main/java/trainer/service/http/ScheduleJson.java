package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HttpStatus;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import trainer.config.Configuration;
import trainer.service.schedule.Cron;
import trainer.service.schedule.Schedule;
import trainer.service.schedule.SchedulePlan;
import trainer.service.schedule.SchedulePlan.Missed;
import trainer.service.schedule.SchedulePlan.Start;
import trainer.service.schedule.TriggerRun;

/** The JSON of schedules and trigger runs. */
final class ScheduleJson {
  private static final Set<String> KEYS =
      Set.of(
          "name",
          "cron",
          "zone",
          "configuration",
          "model",
          "start",
          "skip_unchanged",
          "held_out",
          "margin",
          "keep",
          "keep_runs",
          "missed",
          "overlap",
          "priority");
  private static final int MOST_KEPT = 1000;
  private static final long USUALLY_KEPT = 5;
  private static final int MOST_PRIORITY = 100;
  private static final String ANY_TEXT = "(?s).{1,300000}";

  private ScheduleJson() {}

  /**
   * Parses a plan.
   *
   * @param before the plan that it replaces; null: none. Its numbers of files and runs that are
   *     kept stay unless the body has others, because smaller ones delete
   */
  static SchedulePlan plan(byte[] body, SchedulePlan before) {
    ObjectNode node = ApiJson.parse(body, KEYS);
    String name = before == null ? null : before.name();
    String form = name == null ? Configuration.NEW_NAME_FORM : Configuration.NAME_FORM;
    String named = ApiJson.text(node, "name", name, form, Configuration.NEW_NAME_WORDS);
    if (name != null && !name.equals(named)) {
      throw ApiJson.wrong("name", "'%s', as in the path".formatted(name));
    }
    try {
      return new SchedulePlan(
          named,
          Cron.of(
              ApiJson.text(node, "cron", null, ANY_TEXT, "five fields, such as '30 3 * * *'"),
              ApiJson.text(node, "zone", "UTC", ANY_TEXT, "a time zone, such as Europe/Berlin")),
          ApiJson.text(node, "configuration", null, ANY_TEXT, "a configuration as YAML text"),
          ApiJson.text(node, "model", named, form, Configuration.NEW_NAME_WORDS),
          Start.valueOf(
              upper(ApiJson.text(node, "start", "fresh", "fresh|champion", "fresh or champion"))),
          truth(node, "skip_unchanged", true),
          heldOut(node),
          margin(node),
          kept(node, "keep", before == null ? null : before.keep()),
          kept(node, "keep_runs", before == null ? null : before.keepRuns()),
          Missed.valueOf(upper(ApiJson.text(node, "missed", "once", "skip|once", "skip or once"))),
          truth(node, "overlap", false),
          ApiJson.whole(node, "priority", 0L, -MOST_PRIORITY, MOST_PRIORITY).intValue());
    } catch (IllegalArgumentException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, e.getMessage());
    }
  }

  private static int kept(ObjectNode node, String key, Integer before) {
    long otherwise = before == null ? USUALLY_KEPT : before;
    return ApiJson.whole(node, key, otherwise, 1, MOST_KEPT).intValue();
  }

  private static String upper(String word) {
    return word.toUpperCase(Locale.ROOT);
  }

  private static String heldOut(ObjectNode node) {
    return node.hasNonNull("held_out")
        ? ApiJson.text(
            node, "held_out", null, "(?s)[^\\x00]{1,1000}", "a file of the dataset folders")
        : null;
  }

  private static double margin(ObjectNode node) {
    JsonNode margin = node.path("margin");
    if (margin.isMissingNode() || margin.isNull()) {
      return 0;
    }
    if (!margin.isNumber() || !(margin.doubleValue() >= 0) || margin.doubleValue() > 100) {
      throw ApiJson.wrong("margin", "nats per character, from 0 to 100");
    }
    return margin.doubleValue();
  }

  /** True or false; {@code otherwise} if missing or null. */
  static boolean truth(ObjectNode node, String key, boolean otherwise) {
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw ApiJson.wrong(key, "true or false");
    }
    return value.booleanValue();
  }

  private record ScheduleView(
      String name,
      String cron,
      String zone,
      String configuration,
      String model,
      String start,
      boolean skipUnchanged,
      String heldOut,
      double margin,
      int keep,
      int keepRuns,
      String missed,
      boolean overlap,
      int priority,
      boolean paused,
      Instant nextAt,
      String changedBy,
      Instant changedAt) {}

  private record TriggerRunView(
      long number,
      Instant dueAt,
      Instant firedAt,
      String requestedBy,
      String state,
      String reason,
      String run,
      String corpusSha256,
      Integer version,
      JsonNode figures,
      Instant endedAt) {}

  static ObjectNode schedule(Schedule schedule) {
    SchedulePlan plan = schedule.plan();
    return ApiJson.tree(
        new ScheduleView(
            plan.name(),
            plan.cron().text(),
            plan.cron().zone().getId(),
            plan.configuration(),
            plan.model(),
            plan.start().word(),
            plan.skipUnchanged(),
            plan.heldOut(),
            plan.margin(),
            plan.keep(),
            plan.keepRuns(),
            plan.missed().word(),
            plan.overlap(),
            plan.priority(),
            schedule.paused(),
            schedule.paused() ? null : schedule.nextAt(),
            schedule.changedBy(),
            schedule.changedAt()));
  }

  static ObjectNode triggerRun(TriggerRun triggerRun) {
    return ApiJson.tree(
        new TriggerRunView(
            triggerRun.number(),
            triggerRun.dueAt(),
            triggerRun.firedAt(),
            triggerRun.requestedBy(),
            triggerRun.state().word(),
            triggerRun.reason(),
            triggerRun.run(),
            triggerRun.corpusSha256(),
            triggerRun.version(),
            ApiJson.stored(triggerRun.figures()),
            triggerRun.endedAt()));
  }
}
