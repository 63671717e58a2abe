package trainer.cli.service;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;
import trainer.service.sweep.Sweep;

/** {@code delete ID|registry:NAME[@VERSION]}. */
@Command(
    name = "delete",
    description = "Delete a run, a sweep, a model or a version of a service with all files.",
    mixinStandardHelpOptions = true)
public final class DeleteCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(
      paramLabel = "ID|registry:NAME[@VERSION]",
      description =
          "An ended run, an ended sweep with its runs, a model, or a version that is not the"
              + " champion. The history of a model"
              + " stays in the database.")
  private String target;

  @Override
  public Integer call() {
    service.delete(
        target.matches(Sweep.ID_FORM) ? "/sweeps/" + target : ModelArgument.path(target, service));
    Console.line(target + ": deleted");
    return 0;
  }
}
