package trainer.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.config.ConfigurationLoader;
import trainer.config.ConfigurationWriter;

/** {@code config CONFIG}. */
@Command(
    name = "config",
    description = "Print the configuration with every key resolved.",
    mixinStandardHelpOptions = true)
final class ConfigCommand implements Callable<Integer> {
  @Parameters(paramLabel = "CONFIG", description = "YAML file of a job.")
  private Path file;

  @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Override a key.")
  private List<String> overrides = new ArrayList<>();

  @Override
  public Integer call() {
    System.out.print(ConfigurationWriter.toYaml(ConfigurationLoader.load(file, overrides)));
    return 0;
  }
}
