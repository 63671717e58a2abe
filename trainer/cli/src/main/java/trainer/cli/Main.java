package trainer.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;
import trainer.cli.console.Console;
import trainer.cli.console.ExitCode;
import trainer.cli.console.JavaMemory;
import trainer.cli.inference.InferenceCommand;
import trainer.cli.service.CancelCommand;
import trainer.cli.service.CompareCommand;
import trainer.cli.service.DeleteCommand;
import trainer.cli.service.DownloadCommand;
import trainer.cli.service.GenerateCommand;
import trainer.cli.service.LabelCommand;
import trainer.cli.service.LogCommand;
import trainer.cli.service.ModelsCommand;
import trainer.cli.service.PromoteCommand;
import trainer.cli.service.RegisterCommand;
import trainer.cli.service.ResumeCommand;
import trainer.cli.service.RollbackCommand;
import trainer.cli.service.RunsCommand;
import trainer.cli.service.SchedulesCommand;
import trainer.cli.service.ServeCommand;
import trainer.cli.service.SubmitCommand;
import trainer.cli.service.TextsCommand;
import trainer.cli.service.WatchCommand;
import trainer.cli.service.WebhooksCommand;
import trainer.config.Compute.EngineType;
import trainer.config.Data.UnknownCharacters;
import trainer.config.binding.Names;
import trainer.file.LocaleEncoding;
import trainer.file.ShellWord;
import trainer.file.TrainerException;
import trainer.job.EvaluationJob;
import trainer.job.Resume;
import trainer.run.RunException;

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
    versionProvider = Version.class)
public final class Main {
  private static final List<Class<?>> COMMANDS =
      List.of(
          TrainCommand.class,
          SampleCommand.class,
          EvaluateCommand.class,
          ExplainCommand.class,
          BenchCommand.class,
          ConfigCommand.class,
          PlanCommand.class,
          SweepCommand.class,
          FindRateCommand.class,
          FetchCommand.class,
          ExportCommand.class,
          ImportCommand.class,
          DevicesCommand.class,
          CompletionCommand.class,
          ManualPagesCommand.class,
          ServeCommand.class,
          SubmitCommand.class,
          RunsCommand.class,
          CompareCommand.class,
          LabelCommand.class,
          WatchCommand.class,
          LogCommand.class,
          DownloadCommand.class,
          GenerateCommand.class,
          CancelCommand.class,
          ResumeCommand.class,
          DeleteCommand.class,
          ModelsCommand.class,
          RegisterCommand.class,
          PromoteCommand.class,
          RollbackCommand.class,
          TextsCommand.class,
          SchedulesCommand.class,
          WebhooksCommand.class,
          InferenceCommand.class);

  /** The JVM's message when a page of a mapped file cannot be read. */
  private static final String MAPPED = "unsafe memory access";

  @Option(
      names = "--stacktrace",
      description = "Print the stack trace of an error.",
      scope = ScopeType.INHERIT)
  private boolean stacktrace;

  /** Runs the command line and exits with its code. */
  public static void main(String[] arguments) {
    Locale.setDefault(Locale.ROOT); // the same output everywhere
    SerialFilter.refuseAll();
    // Always UTF-8: containers often have no locale.
    StandardOutput out = new StandardOutput();
    System.setOut(utf8(out));
    System.setErr(utf8(new FileOutputStream(FileDescriptor.err)));
    int code = run(arguments);
    if (out.isFull()) {
      System.err.println("error: standard output: no space left: free some space");
      code = Math.max(code, ExitCode.FAILED);
    }
    System.exit(code);
  }

  private static PrintStream utf8(FileOutputStream out) {
    return new PrintStream(out, true, StandardCharsets.UTF_8);
  }

  /** Runs the command line; returns the exit code. */
  static int run(String... arguments) {
    Main main = new Main();
    CommandLine line = commandLine(main, arguments);
    String whole = "a whole number of at most ";
    number(line, Integer::valueOf, whole + Integer.MAX_VALUE, int.class, Integer.class);
    number(line, Long::valueOf, whole + Long.MAX_VALUE, long.class, Long.class);
    number(line, Double::valueOf, "a number", double.class, Double.class);
    line.registerConverter(EngineType.class, new Words<>(EngineType.class));
    line.registerConverter(ExportCommand.Format.class, new Words<>(ExportCommand.Format.class));
    line.registerConverter(EvaluationJob.Part.class, new Words<>(EvaluationJob.Part.class));
    line.registerConverter(UnknownCharacters.class, new Words<>(UnknownCharacters.class));
    line.registerConverter(Resume.class, new Words<>(Resume.class));
    UnbrokenHelp.use(line);
    line.setUsageHelpAutoWidth(true);
    line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler((exception, words) -> main.usage(exception));
    line.setExecutionExceptionHandler((exception, command, result) -> main.report(exception));
    if (arguments.length == 0) {
      line.usage(System.err);
      return ExitCode.USAGE;
    }
    CommandLineText.set(arguments);
    try {
      checkEncoding(arguments);
      return line.execute(withTrain(line, arguments));
    } catch (RunException | Error e) {
      return main.report(e);
    }
  }

  /**
   * The command line with the command that the first word names, or else with all commands. Each
   * costs some milliseconds of start-up.
   */
  private static CommandLine commandLine(Main main, String... arguments) {
    String first = arguments.length == 0 ? "" : arguments[0];
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(type -> type.getAnnotation(Command.class).name().equals(first))
            .filter(type -> type != CompletionCommand.class && type != ManualPagesCommand.class)
            .toList();
    CommandLine line = new CommandLine(main);
    (named.isEmpty() ? COMMANDS : named).forEach(line::addSubcommand);
    return line;
  }

  /** The command line with all commands. */
  static CommandLine commandLine() {
    return commandLine(new Main());
  }

  @SafeVarargs
  private static <N> void number(
      CommandLine line, Function<String, N> parser, String words, Class<N>... types) {
    for (Class<N> type : types) {
      line.registerConverter(
          type,
          text -> {
            try {
              return parser.apply(text);
            } catch (NumberFormatException e) {
              throw new TypeConversionException("must be %s, not '%s'".formatted(words, text));
            }
          });
    }
  }

  /** Another text or file than was given would be used otherwise. */
  private static void checkEncoding(String... arguments) {
    for (String argument : arguments) {
      checkWhole("argument", argument);
    }
    checkWhole("working directory", System.getProperty("user.dir"));
    System.getenv()
        .forEach(
            (name, value) -> {
              if (name.startsWith("TRAINER_")) {
                checkWhole("environment variable " + name, value);
              }
            });
  }

  private static void checkWhole(String what, String decoded) {
    if (!LocaleEncoding.isWhole(decoded)) {
      throw new RunException(
          "%s '%s': %s".formatted(what, ShellWord.onOneLine(decoded), LocaleEncoding.remedy()));
    }
  }

  /** {@code CONFIG …} becomes {@code train CONFIG …}, options before CONFIG included. */
  private static String[] withTrain(CommandLine line, String... arguments) {
    if (line.getSubcommands().containsKey(arguments[0])) {
      return arguments;
    }
    CommandSpec train = line.getSubcommands().get("train").getCommandSpec();
    int first = 0;
    while (first < arguments.length && arguments[first].startsWith("-")) {
      OptionSpec option = train.findOption(arguments[first]); // null for --key=value
      first += option == null ? 1 : 1 + option.arity().min();
    }
    boolean configuration =
        first < arguments.length
            && !line.getSubcommands().containsKey(arguments[first])
            && isLikeAFile(arguments[first]);
    return configuration
        ? Stream.concat(Stream.of("train"), Arrays.stream(arguments)).toArray(String[]::new)
        : arguments;
  }

  private static boolean isLikeAFile(String word) {
    return word.contains(".") || word.contains("/") || Files.exists(Path.of(word));
  }

  /** Reports an invalid command line in two lines: the error and where to find help. */
  private int usage(ParameterException exception) {
    CommandLine command = exception.getCommandLine();
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    err.println("error: " + Console.printable(ShellWord.onOneLine(exception.getMessage())));
    suggestion(exception).ifPresent(word -> err.println("did you mean '%s'?".formatted(word)));
    err.println("usage: see " + command.getCommandSpec().qualifiedName() + " --help");
    if (stacktrace) {
      exception.printStackTrace(err);
    }
    return ExitCode.USAGE;
  }

  /** The nearest option or command. */
  private static Optional<String> suggestion(ParameterException exception) {
    if (!(exception instanceof UnmatchedArgumentException unmatched)) {
      return Optional.empty();
    }
    String word = unmatched.getUnmatched().get(0).replaceFirst("=.*", "");
    CommandLine command = exception.getCommandLine();
    return Names.nearest(
        word,
        word.startsWith("-")
            ? command.getCommandSpec().optionsMap().keySet()
            : command.getSubcommands().keySet());
  }

  private int report(Throwable failure) {
    if (failure instanceof ParameterException usage) {
      return usage(usage);
    }
    System.err.println("error: " + Console.printable(message(failure)));
    if (stacktrace) {
      failure.printStackTrace();
    }
    boolean input =
        failure instanceof InvalidPathException
            || (failure instanceof TrainerException known && !known.isTransient());
    return input ? ExitCode.USAGE : ExitCode.FAILED;
  }

  private static String message(Throwable failure) {
    if (failure instanceof TrainerException) {
      return failure.getMessage();
    }
    if (failure instanceof InvalidPathException path) {
      return "'%s' is not a path here: %s"
          .formatted(ShellWord.onOneLine(path.getInput()), LocaleEncoding.reason(path));
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return "out of memory (%s): %s; or lower".formatted(cause.getMessage(), JavaMemory.remedy())
            + " training.batch_size, training.sequence_length or the size of the layers";
      }
    }
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    if (root instanceof InternalError && String.valueOf(root.getMessage()).contains(MAPPED)) {
      return "a memory-mapped file, such as the corpus.bin of a run, could not be read (%s):"
              .formatted(root.getMessage())
          + " its disk failed, or it was truncated; the same command rebuilds corpus.bin";
    }
    if (root instanceof UnsatisfiedLinkError) {
      return "a native library cannot be loaded (%s): install its dependencies, or use a jar built for this system"
          .formatted(root.getMessage());
    }
    return "unexpected %s; --stacktrace shows where".formatted(failure);
  }
}
