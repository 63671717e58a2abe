package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import trainer.cli.console.Console;

/** {@code runs}. */
@Command(
    name = "runs",
    description = "List the runs of a service, newest first.",
    mixinStandardHelpOptions = true)
public final class RunsCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description =
          "Only runs that are queued, running, succeeded, failed, cancelled or interrupted.")
  private String state;

  @Option(
      names = "--search",
      paramLabel = "QUERY",
      description = "Only runs that the search finds, such as 'layers.type = lstm tag=baseline'.")
  private String search;

  @Option(
      names = "--sort",
      paramLabel = "KEY",
      description = "By a figure or a key, such as best_validation_loss; -KEY: descending.")
  private String sort;

  @Option(names = "--archived", description = "Archived runs instead of the others.")
  private boolean archived;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "Maximum number, up to 200. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer =
        service.get(
            "/runs?limit=%s&archived=%s%s%s%s"
                .formatted(
                    limit,
                    archived,
                    parameter("state", state),
                    parameter("q", search),
                    parameter("sort", sort)));
    if (json) {
      System.out.println(answer);
      return 0;
    }
    System.out.printf(
        Locale.ROOT,
        "%-30s %-11s %17s %16s %12s%n",
        "run",
        "state",
        "iteration",
        "best loss, nats",
        "ETA");
    answer.path("runs").forEach(RunsCommand::print);
    return 0;
  }

  private static String parameter(String name, String value) {
    return value == null ? "" : "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  private static void print(JsonNode run) {
    JsonNode progress = run.path("progress");
    String iteration =
        progress.isNull()
            ? ""
            : String.format(
                Locale.ROOT,
                "%,d/%,d",
                progress.path("iteration").asLong(),
                progress.path("iterations").asLong());
    JsonNode loss = progress.path("best_validation_loss");
    JsonNode left = progress.path("seconds_left");
    System.out.printf(
        Locale.ROOT,
        "%-30s %-11s %17s %16s %12s%n",
        run.path("id").asText(),
        run.path("state").asText(),
        iteration,
        loss.isNumber() ? String.format(Locale.ROOT, "%.4f", loss.asDouble()) : "",
        left.isNumber() ? Console.duration(left.asDouble()) : "");
  }
}
