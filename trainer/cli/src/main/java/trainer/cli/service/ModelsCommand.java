package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code models}. */
@Command(
    name = "models",
    description = "List the registered models of a service.",
    mixinStandardHelpOptions = true)
public final class ModelsCommand implements Callable<Integer> {
  private static final String FORMAT = "%-30s %9s %16s %11s%n";

  @Mixin private ServiceClient service;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode answer = service.get("/models");
    if (json) {
      System.out.println(answer);
      return 0;
    }
    System.out.printf(Locale.ROOT, FORMAT, "model", "champion", "validation, nats", "challenger");
    for (JsonNode model : answer.path("models")) {
      JsonNode loss = model.at("/champion/validation_loss");
      System.out.printf(
          Locale.ROOT,
          FORMAT,
          model.path("name").asText(),
          model.at("/champion/version").asText("none"),
          loss.isNumber() ? String.format(Locale.ROOT, "%.4f", loss.asDouble()) : "",
          model.at("/challenger/version").asText("none"));
    }
    return 0;
  }
}
