package trainer.cli.service;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code watch ID}. */
@Command(
    name = "watch",
    description = "Stream the log of a run until it ends. Exit code 0 if it succeeded, else 1.",
    mixinStandardHelpOptions = true)
public final class WatchCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(paramLabel = "ID", description = "The run.")
  private String id;

  @Override
  public Integer call() {
    return new RunWatch(service, RunWatch.checked(id)).toEnd();
  }
}
