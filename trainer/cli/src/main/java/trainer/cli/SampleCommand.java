package trainer.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import trainer.checkpoint.SavedNetwork;
import trainer.cli.console.Console;
import trainer.cli.console.Interruption;
import trainer.cli.service.DrawingOptions;
import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.config.Data;
import trainer.file.FileErrors;
import trainer.file.ShellWord;
import trainer.job.TrainedModel;
import trainer.run.RunException;
import trainer.sampling.Sampling;
import trainer.text.Prompt;
import trainer.text.TextException;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/** {@code sample RUN}. */
@Command(
    name = "sample",
    description = "Generate text with a trained network.",
    mixinStandardHelpOptions = true)
final class SampleCommand implements Callable<Integer> {
  private static final String NEWLINE =
      "for a newline, write $'a\\nb' in the shell, or use --prompt-file or --prompt -";

  @Parameters(paramLabel = "RUN", description = RegisteredModel.RUN)
  private String run;

  @Mixin private ServiceClient service;

  @Option(
      names = "--length",
      paramLabel = "N",
      description = "Characters to generate. Default: 1000; with --interactive 300.")
  private Integer length;

  @Mixin private DrawingOptions drawing;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description =
          "Text to continue, as typed; -: read it from standard input. Default: a newline.")
  private String prompt;

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description = "Continue the text of a file.")
  private Path promptFile;

  @Option(
      names = "--encoding",
      paramLabel = "NAME",
      description =
          "Encoding of the prompt that is read. Default: data.encoding of the run for --prompt-file,"
              + " UTF-8 for standard input.")
  private Charset encoding;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed generates the same text. Default: random.")
  private Long seed;

  @Option(
      names = "--interactive",
      description =
          "Read lines from standard input, and write on after each; an empty line just goes on. What"
              + " was written before is remembered.")
  private boolean interactive;

  @Option(
      names = "--surprise",
      description =
          "With --interactive: show each line again, the redder a character, the less probable.")
  private boolean surprise;

  @Spec private CommandSpec command;

  @Option(names = "--prime", hidden = true) // former name of --prompt
  void prime(String text) {
    prompt = text;
  }

  @Option(names = "--prime-file", hidden = true)
  void primeFile(Path file) {
    promptFile = file;
  }

  private final boolean terminal = Console.isOutputTerminal();

  @Override
  public Integer call() {
    Sampling sampling = sampling();
    SavedNetwork saved = RegisteredModel.open(run, service);
    String text = prompt(saved.configuration().data());
    checkPrompt(text, saved.vocabulary());
    long chosen = seed == null ? ThreadLocalRandom.current().nextLong(1_000_000) : seed;
    Console.line("%s, seed %d".formatted(ShellWord.shown(saved.file()), chosen));
    if (!interactive) {
      return Interruption.during("stopping", stop -> write(saved, text, sampling, chosen, stop));
    }
    try (TrainedModel model = TrainedModel.of(saved)) {
      return new InteractiveSample(model, sampling, length(300), chosen, surprise).run(text);
    }
  }

  private int length(int usual) {
    return length == null ? usual : length;
  }

  /** The text to continue; null: none. */
  private String prompt(Data data) {
    if (prompt != null && promptFile != null) {
      throw new ParameterException(
          command.commandLine(), "--prompt and --prompt-file exclude each other: give one");
    }
    try {
      if (promptFile != null) {
        return Prompt.of(Files.readAllBytes(promptFile), encoding, data);
      }
      return "-".equals(prompt)
          ? Prompt.of(System.in.readAllBytes(), encoding == null ? UTF_8 : encoding, data)
          : Prompt.of(prompt, data);
    } catch (TextException e) {
      throw wrongPrompt(e.getMessage(), e);
    } catch (IOException e) {
      throw promptFile != null && Files.isDirectory(promptFile)
          ? wrongPrompt("is a folder: name a file", null)
          : wrongPrompt("cannot be read: " + FileErrors.reason(e), e);
    }
  }

  private RunException wrongPrompt(String message, Exception cause) {
    String option = promptFile == null ? "--prompt" : "--prompt-file " + ShellWord.of(promptFile);
    return new RunException("%s: %s".formatted(option, message), cause);
  }

  private void write(
      SavedNetwork saved, String text, Sampling sampling, long chosen, StopSignal stop) {
    try (TrainedModel model = TrainedModel.of(saved)) {
      if (text != null) {
        print(text, stop);
      }
      model.generate(text, length(1000), sampling, chosen, stop, drawn -> print(drawn, stop));
      System.out.println();
    }
  }

  /**
   * Prints without buffering; stops if standard output is closed, as in {@code sample RUN | head}.
   */
  private void print(String text, StopSignal stop) {
    System.out.print(terminal ? Console.printable(text) : text);
    if (System.out.checkError()) {
      stop.request("standard output is closed");
    }
  }

  private Sampling sampling() {
    if (surprise && !interactive) {
      throw new ParameterException(
          command.commandLine(), "--surprise: colours what a person writes: add --interactive");
    }
    if (interactive && "-".equals(prompt)) {
      throw new ParameterException(
          command.commandLine(),
          "--prompt -: a conversation reads standard input itself: use --prompt-file");
    }
    if (length != null && length < 0) {
      throw new ParameterException(
          command.commandLine(), "--length %d: must be 0 or more".formatted(length));
    }
    try {
      return new Sampling(drawing.temperature(), drawing.topK(), drawing.topP());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--" + e.getMessage(), e);
    }
  }

  private void checkPrompt(String text, Vocabulary vocabulary) {
    if (text == null) {
      return;
    }
    boolean typed = text.contains("\\n") && promptFile == null && !"-".equals(prompt);
    try {
      vocabulary.encode(text);
    } catch (TextException e) {
      throw wrongPrompt(e.getMessage() + "; " + (typed ? NEWLINE : "leave it out"), e);
    }
    if (typed && Prompt.isAmbiguous(text, vocabulary)) {
      Console.line("--prompt: has a backslash and an n, which are read as such; " + NEWLINE);
    }
  }
}
