package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.config.ConfigurationText;
import trainer.file.ShellWord;
import trainer.run.RunException;

/** {@code schedules} and its subcommands. */
@Command(
    name = "schedules",
    description = "List, create, trigger or delete the schedules of a service.",
    mixinStandardHelpOptions = true)
public final class SchedulesCommand implements Callable<Integer> {
  private static final String SCHEDULES = "/schedules";
  private static final String NAME = "NAME";
  private static final String THE_SCHEDULE = "The schedule.";
  private static final String CONFIGURATION = "configuration";

  @Mixin private ServiceClient service;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer = service.get(SCHEDULES);
    if (json) {
      System.out.println(answer);
      return 0;
    }
    Table table = new Table("schedule", "cron", "zone", "model", "next");
    for (JsonNode schedule : answer.path("schedules")) {
      table.row(
          schedule.path("name").asText(),
          schedule.path("cron").asText(),
          schedule.path("zone").asText(),
          schedule.path("model").asText(),
          schedule.path("paused").asBoolean() ? "paused" : schedule.path("next_at").asText(""));
    }
    table.print();
    return 0;
  }

  @Command(description = "Create a schedule.", mixinStandardHelpOptions = true)
  int create(
      @Parameters(
              paramLabel = "FILE",
              description =
                  "YAML file with name, cron, model and the other keys of POST /schedules."
                      + " configuration: the keys of a run, or the name of a file beside FILE.")
          Path file,
      @Option(names = "--replace", description = "Change the schedule if it exists.")
          boolean replace) {
    Map<String, Object> plan = plan(file);
    String name = String.valueOf(plan.get("name"));
    boolean exists =
        replace && service.get(SCHEDULES).path("schedules").findValuesAsText("name").contains(name);
    JsonNode created = exists ? service.put(path(name, ""), plan) : service.post(SCHEDULES, plan);
    say(name, "next at " + created.path("next_at").asText("(paused)"));
    return 0;
  }

  private static Map<String, Object> plan(Path file) {
    Map<String, Object> plan = new LinkedHashMap<>();
    try {
      Object read =
          new Load(LoadSettings.builder().setLabel(file.toString()).build())
              .loadFromString(ConfigurationText.read(file));
      if (!(read instanceof Map<?, ?> keys)) {
        throw new RunException(
            "%s: must have the keys of a schedule, such as name, cron and model"
                .formatted(ShellWord.shown(file)));
      }
      keys.forEach((key, value) -> plan.put(String.valueOf(key), value));
    } catch (YamlEngineException e) {
      throw new RunException(
          "%s: not YAML: %s".formatted(ShellWord.shown(file), ShellWord.onOneLine(e.getMessage())),
          e);
    }
    Object configuration = plan.get(CONFIGURATION);
    if (configuration instanceof Map) {
      DumpSettings block = DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
      plan.put(CONFIGURATION, new Dump(block).dumpToString(configuration));
    } else if (configuration instanceof String name && name.matches(".+\\.ya?ml")) {
      plan.put(CONFIGURATION, ConfigurationLoader.standalone(file.resolveSibling(name), List.of()));
    }
    return plan;
  }

  @Command(description = "Train now.", mixinStandardHelpOptions = true)
  int trigger(
      @Parameters(paramLabel = NAME, description = THE_SCHEDULE) String name,
      @Option(names = "--force", description = "Also if text and plan are unchanged.")
          boolean force) {
    JsonNode triggered = service.post(path(name, "/trigger"), Map.of("force", force));
    say(name, "trigger run " + triggered.path("number").asText());
    return 0;
  }

  @Command(description = "Trigger no more until it is resumed.", mixinStandardHelpOptions = true)
  int pause(@Parameters(paramLabel = NAME, description = THE_SCHEDULE) String name) {
    service.post(path(name, "/pause"));
    say(name, "paused");
    return 0;
  }

  @Command(description = "End a pause.", mixinStandardHelpOptions = true)
  int resume(@Parameters(paramLabel = NAME, description = THE_SCHEDULE) String name) {
    say(name, "next at " + service.post(path(name, "/resume")).path("next_at").asText());
    return 0;
  }

  @Command(description = "List trigger runs, newest first.", mixinStandardHelpOptions = true)
  int history(@Parameters(paramLabel = NAME, description = THE_SCHEDULE) String name) {
    Table table = new Table("number", "at", "state", "run", "reason");
    for (JsonNode run : service.get(path(name, "/firings")).path("firings")) {
      table.row(
          run.path("number").asText(),
          run.path("fired_at").asText(),
          run.path("state").asText(),
          run.path("run").asText(""),
          run.path("reason").asText(""));
    }
    table.print();
    return 0;
  }

  @Command(
      description = "Delete a schedule; its runs and models stay.",
      mixinStandardHelpOptions = true)
  int delete(@Parameters(paramLabel = NAME, description = THE_SCHEDULE) String name) {
    service.delete(path(name, ""));
    say(name, "deleted");
    return 0;
  }

  private static String path(String name, String action) {
    if (!name.matches(Configuration.NAME_FORM)) {
      throw new RunException(
          "'%s' is not the name of a schedule: list them with 'schedules'".formatted(name));
    }
    return SCHEDULES + "/" + name + action;
  }

  private static void say(String name, String what) {
    Console.line("schedule %s: %s".formatted(name, what));
  }
}
