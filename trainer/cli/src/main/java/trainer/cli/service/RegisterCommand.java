package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code register MODEL ID}. */
@Command(
    name = "register",
    description = "Register a run as the next version (challenger) of a model.",
    mixinStandardHelpOptions = true)
public final class RegisterCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(index = "0", paramLabel = "MODEL", description = "The model; a new name creates it.")
  private String model;

  @Parameters(index = "1", paramLabel = "ID", description = "The run.")
  private String run;

  @Override
  public Integer call() {
    JsonNode version =
        service.post(
            "/models/%s/versions".formatted(ModelArgument.checked(model, service)),
            Map.of("run", RunWatch.checked(run)));
    System.out.println(model + "@" + version.path("version").asInt());
    return 0;
  }
}
