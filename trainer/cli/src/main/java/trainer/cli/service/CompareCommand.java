package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code compare ID ID…}. */
@Command(
    name = "compare",
    description = "Compare runs of a service: figures, and configuration keys that differ.",
    mixinStandardHelpOptions = true)
public final class CompareCommand implements Callable<Integer> {
  /** Of the progress: losses in nats per character. */
  private static final List<String> FIGURES =
      List.of(
          "iteration",
          "best_validation_loss",
          "best_iteration",
          "train_loss",
          "characters_per_second",
          "parameters",
          "seconds");

  @Mixin private ServiceClient service;

  @Parameters(paramLabel = "ID", arity = "1..20", description = "The runs, at most 20.")
  private List<String> ids;

  @Option(names = "--all", description = "All configuration keys.")
  private boolean all;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    String query =
        ids.stream().map(id -> "run=" + RunWatch.checked(id)).collect(Collectors.joining("&"));
    JsonNode answer = service.get("/compare?" + query);
    if (json) {
      System.out.println(answer);
      return 0;
    }
    JsonNode runs = answer.path("runs");
    Table table = new Table();
    table.row(row("run", runs, run -> run.path("id").asText()));
    table.row(row("state", runs, run -> run.path("state").asText()));
    for (String figure : FIGURES) {
      String format = figure.endsWith("loss") ? "%.4f" : "%,.1f"; // nats; seconds, characters/s
      table.row(row(figure, runs, run -> number(run.path("progress").path(figure), format)));
    }
    for (JsonNode key : answer.path("configuration")) {
      List<String> row =
          row(
              key.path("key").asText(),
              key.path("values"),
              value -> value.isNull() ? "-" : value.asText()); // a run without the key
      if (all || row.stream().skip(1).distinct().count() > 1) {
        table.row(row);
      }
    }
    table.print();
    return 0;
  }

  private static List<String> row(String name, JsonNode values, Function<JsonNode, String> shown) {
    List<String> row = new ArrayList<>(List.of(name));
    values.forEach(value -> row.add(shown.apply(value)));
    return row;
  }

  private static String number(JsonNode value, String format) {
    return value.isIntegralNumber()
        ? Console.format("%,d", value.longValue())
        : value.isNumber() ? Console.format(format, value.doubleValue()) : "";
  }
}
