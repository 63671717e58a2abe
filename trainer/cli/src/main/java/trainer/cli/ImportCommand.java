package trainer.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.file.ShellWord;
import trainer.job.ImportJob;
import trainer.training.StopSignal;

/** {@code import FILE}. */
@Command(
    name = "import",
    description = "Make a run of a network that PyTorch or Deeplearning4j trained.",
    mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      description =
          "State dict of nn.LSTM, nn.GRU or nn.RNN with a linear output: safetensors, or what"
              + " torch.save wrote; or a model of Deeplearning4j. Nothing in it is executed.")
  private Path file;

  @Option(
      names = "--corpus",
      required = true,
      paramLabel = "TEXT",
      description = "The text: data.corpus of the run.")
  private String corpus;

  @Option(
      names = "--vocabulary",
      paramLabel = "FILE",
      description =
          "Run directory or vocabulary.json with the characters in the network's order. Default: all"
              + " characters of the text, by code point.")
  private String vocabulary;

  @Option(names = "--output", required = true, paramLabel = "DIR", description = "Run directory.")
  private Path output;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Another key of the run's configuration, such as training.epochs=3.")
  private List<String> overrides = new ArrayList<>();

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    for (String override : overrides) {
      if (override.startsWith("model")) {
        throw new ParameterException(
            command.commandLine(),
            "--set %s: the network is that of FILE: leave it out".formatted(override));
      }
    }
    return Interruption.during("stopping; nothing is kept", this::run);
  }

  private void run(StopSignal stop) {
    String described =
        new ImportJob(file, configuration(), output, new ConsoleReporter())
            .run(stop, CommandLineText.ofThisProcess());
    Console.line(
        "%s: imported from %s: %s"
            .formatted(ShellWord.shown(output), ShellWord.shown(file), described));
  }

  private Configuration configuration() {
    List<String> keys = new ArrayList<>(List.of("data.corpus=" + quoted(corpus)));
    if (vocabulary != null) {
      keys.add("data.vocabulary=" + quoted(vocabulary));
    }
    keys.addAll(overrides);
    Path name = output.toAbsolutePath().normalize().getFileName();
    String yaml = "name: " + (isName(name) ? name : "imported");
    return ConfigurationLoader.parse(yaml, "import", keys).resolve(Path.of("").toAbsolutePath());
  }

  private static boolean isName(Path name) {
    return name != null && name.toString().matches(Configuration.NAME_FORM);
  }

  /** As a string of YAML. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
