package trainer.cli.service;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code promote MODEL[@VERSION]}. */
@Command(
    name = "promote",
    description = "Make a version the champion of its model.",
    mixinStandardHelpOptions = true)
public final class PromoteCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;
  @Mixin private ChampionDecision decision;

  @Parameters(
      paramLabel = "MODEL[@VERSION]",
      description =
          "Model or version, such as shakespeare or shakespeare@3. Default: the challenger.")
  private String model;

  @Override
  public Integer call() {
    int at = model.indexOf('@');
    String name = at < 0 ? model : model.substring(0, at);
    Object version = at < 0 ? "challenger" : number(model.substring(at + 1));
    int champion = decision.make(service, name, "promote", Map.of("version", version));
    Console.line("%s: version %d is the champion".formatted(name, champion));
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
