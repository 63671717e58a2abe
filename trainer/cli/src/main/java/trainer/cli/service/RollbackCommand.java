package trainer.cli.service;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code rollback MODEL}. */
@Command(
    name = "rollback",
    description = "Restore the previous champion.",
    mixinStandardHelpOptions = true)
public final class RollbackCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;
  @Mixin private ChampionDecision decision;

  @Parameters(paramLabel = "MODEL", description = "The model.")
  private String model;

  @Override
  public Integer call() {
    int champion = decision.make(service, model, "rollback", Map.of());
    Console.line("%s: version %d is the champion again".formatted(model, champion));
    return 0;
  }
}
