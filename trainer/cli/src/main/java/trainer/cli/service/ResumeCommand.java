package trainer.cli.service;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code resume ID}. */
@Command(
    name = "resume",
    description = "Queue a run of a service again, to resume from its newest checkpoint.",
    mixinStandardHelpOptions = true)
public final class ResumeCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(paramLabel = "ID", description = "A run that failed, was cancelled or interrupted.")
  private String id;

  @Option(names = "--watch", description = "Stream its log until it ends.")
  private boolean watch;

  @Override
  public Integer call() {
    String state = service.post("/runs/" + RunWatch.checked(id) + "/resume").path("state").asText();
    Console.line(id + ": " + state);
    return watch ? new RunWatch(service, id).toEnd() : 0;
  }
}
