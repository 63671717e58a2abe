package trainer.cli.service;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;

/** {@code log ID}. */
@Command(
    name = "log",
    description = "Print the newest lines of a run's log; 'watch' also waits for more.",
    mixinStandardHelpOptions = true)
public final class LogCommand implements Callable<Integer> {
  @Mixin private ServiceClient service;

  @Parameters(paramLabel = "ID", description = "The run.")
  private String id;

  @Override
  public Integer call() {
    try (InputStream in = service.open("/runs/" + RunWatch.checked(id) + "/log").body()) {
      System.out.print(Console.printable(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw ServiceException.failed("%s: the connection was lost (%s): retry".formatted(id, e), e);
    }
    return 0;
  }
}
