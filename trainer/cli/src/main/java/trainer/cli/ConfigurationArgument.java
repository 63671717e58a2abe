package trainer.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.cli.console.Console;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.file.ShellWord;

/** CONFIG and its {@code --set} overrides. */
final class ConfigurationArgument {
  @Parameters(paramLabel = "CONFIG", description = "YAML configuration file.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Override a key, such as training.epochs=3. Paths start at the working directory.")
  private List<String> overrides = new ArrayList<>();

  Path file() {
    return file;
  }

  List<String> overrides() {
    return overrides;
  }

  /** Reads the file with more overrides. */
  Configuration load(List<String> more) {
    return ConfigurationLoader.load(
        file, Stream.concat(overrides.stream(), more.stream()).toList());
  }

  /** Reads the file, and tells where each value comes from. */
  String withOrigins() {
    return ConfigurationLoader.loadWithOrigins(file, overrides);
  }

  /** Reads the file and prints the overrides. */
  Configuration load() {
    Configuration configuration = ConfigurationLoader.load(file, overrides);
    overrides.forEach(override -> Console.line("override: " + ShellWord.onOneLine(override)));
    return configuration;
  }
}
