package trainer.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import trainer.config.ConfigurationWriter;

/** {@code config CONFIG}. */
@Command(
    name = "config",
    description =
        "Print the configuration with every key, as a new run would begin with it; what the run"
            + " itself chooses for its machine stays null or auto.",
    mixinStandardHelpOptions = true)
final class ConfigCommand implements Callable<Integer> {
  @Mixin private ConfigurationArgument job;

  @Option(
      names = "--origin",
      description = "Show the file and line, or the --set, that each value comes from.")
  private boolean origin;

  @Override
  public Integer call() {
    System.out.print(origin ? job.withOrigins() : ConfigurationWriter.toYaml(job.load().started()));
    return 0;
  }
}
