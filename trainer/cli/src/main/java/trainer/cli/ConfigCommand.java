package trainer.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import trainer.config.ConfigurationWriter;

/** {@code config CONFIG}. */
@Command(
    name = "config",
    description =
        "Print the configuration with every key resolved, as a new run would begin with it.",
    mixinStandardHelpOptions = true)
final class ConfigCommand implements Callable<Integer> {
  @Mixin private ConfigurationArgument job;

  @Override
  public Integer call() {
    System.out.print(ConfigurationWriter.toYaml(job.load().started()));
    return 0;
  }
}
