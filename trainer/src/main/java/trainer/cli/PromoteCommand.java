package trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code promote MODEL[@VERSION]}. */
@Command(
    name = "promote",
    description = "Make a version of a model of a service its champion.",
    mixinStandardHelpOptions = true)
final class PromoteCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(
      paramLabel = "MODEL[@VERSION]",
      description = "The model, such as shakespeare or shakespeare@3. Default: its challenger.")
  private String model;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why, for the history.")
  private String reason;

  @Override
  public Integer call() {
    int at = model.indexOf('@');
    String name = ModelArgument.checked(at < 0 ? model : model.substring(0, at), service);
    JsonNode decision =
        service.post(
            "/models/%s/promote".formatted(name),
            Map.of(
                "version",
                at < 0 ? "challenger" : number(model.substring(at + 1)),
                "reason",
                reason));
    Console.line(
        "%s: version %d is the champion".formatted(name, decision.path("version").asInt()));
    return 0;
  }

  private Object number(String version) {
    if (version.equals("challenger")) {
      return version;
    }
    try {
      return Integer.valueOf(version);
    } catch (NumberFormatException e) {
      throw new ParameterException(
          service.command(), "%s: VERSION must be a number or challenger".formatted(model), e);
    }
  }
}
