package trainer.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import trainer.config.ConfigurationException;
import trainer.run.RunException;
import trainer.text.TextException;
import trainer.training.TrainingException;

/** Entry point of {@code java -jar trainer.jar}. */
@Command(
    name = "trainer",
    description = {
      "Trains character-level recurrent networks from one YAML file.",
      "",
      "`trainer CONFIG` is short for `trainer train CONFIG`."
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      TrainCommand.class,
      SampleCommand.class,
      EvaluateCommand.class,
      ConfigCommand.class,
      ExportCommand.class
    })
public final class Main {
  /** Training failed. */
  static final int FAILED = 1;

  /** The command line, a configuration or an input is wrong. */
  static final int USAGE = 2;

  @Option(
      names = "--stacktrace",
      description = "Print where in the program an error arose.",
      scope = ScopeType.INHERIT)
  private boolean stacktrace;

  /** Runs the command line and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs the command line; returns the exit code. */
  static int run(String... arguments) {
    Main main = new Main();
    CommandLine line = new CommandLine(main);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    line.setExecutionExceptionHandler((exception, command, result) -> main.report(exception));
    CommandLineText.set(arguments);
    return line.execute(withTrain(line, arguments));
  }

  /** {@code CONFIG …} becomes {@code train CONFIG …}. */
  private static String[] withTrain(CommandLine line, String[] arguments) {
    boolean configuration =
        arguments.length > 0
            && !line.getSubcommands().containsKey(arguments[0])
            && !arguments[0].startsWith("-")
            && (arguments[0].contains(".") || arguments[0].contains("/"));
    if (!configuration) {
      return arguments;
    }
    String[] full = new String[arguments.length + 1];
    full[0] = "train";
    System.arraycopy(arguments, 0, full, 1, arguments.length);
    return full;
  }

  private int report(Exception exception) throws Exception {
    if (exception instanceof ParameterException usage) {
      throw usage;
    }
    boolean expected =
        exception instanceof ConfigurationException
            || exception instanceof TextException
            || exception instanceof RunException
            || exception instanceof TrainingException;
    String message =
        expected
            ? exception.getMessage()
            : "unexpected %s; --stacktrace shows where".formatted(exception);
    System.err.println("error: " + message);
    if (stacktrace) {
      exception.printStackTrace();
    }
    return exception instanceof TrainingException || !expected ? FAILED : USAGE;
  }
}
