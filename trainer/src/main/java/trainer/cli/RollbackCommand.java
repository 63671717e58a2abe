package trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rollback MODEL}. */
@Command(
    name = "rollback",
    description = "Make the champion before the present one the champion again.",
    mixinStandardHelpOptions = true)
final class RollbackCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(paramLabel = "MODEL", description = "The model.")
  private String model;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why, for the history.")
  private String reason;

  @Override
  public Integer call() {
    JsonNode decision =
        service.post(
            "/models/%s/rollback".formatted(ModelArgument.checked(model, service)),
            Map.of("reason", reason));
    Console.line(
        "%s: version %d is the champion again".formatted(model, decision.path("version").asInt()));
    return 0;
  }
}
