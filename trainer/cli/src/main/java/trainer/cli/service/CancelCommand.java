package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;
import trainer.service.sweep.Sweep;

/** {@code cancel ID}. */
@Command(
    name = "cancel",
    description = "Cancel a run or sweep of a service; a running one saves a checkpoint first.",
    mixinStandardHelpOptions = true)
public final class CancelCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(paramLabel = "ID", description = "The run, or the sweep.")
  private String id;

  @Override
  public Integer call() {
    boolean sweep = id.matches(Sweep.ID_FORM);
    JsonNode run = service.post((sweep ? "/sweeps/" : "/runs/") + RunWatch.checked(id) + "/cancel");
    boolean stopping = sweep || run.path("cancel_requested").asBoolean();
    Console.line(
        id
            + ": "
            + (stopping ? "saving a checkpoint, then cancelled" : run.path("state").asText()));
    return 0;
  }
}
