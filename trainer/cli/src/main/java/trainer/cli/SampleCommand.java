package trainer.cli;

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
import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.job.TrainedModel;
import trainer.run.RunException;
import trainer.sampling.Sampling;
import trainer.text.TextException;
import trainer.text.Vocabulary;
import trainer.training.StopSignal;

/** {@code sample RUN}. */
@Command(
    name = "sample",
    description = "Generate text with a trained network.",
    mixinStandardHelpOptions = true)
final class SampleCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN", description = RegisteredModel.RUN)
  private String run;

  @Mixin private ServiceClient service;

  @Option(
      names = "--length",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Characters to generate. Default: ${DEFAULT-VALUE}.")
  private int length;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "0.8",
      description = "Below 1: more probable text; above: more varied. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Draw from the K most probable characters; 0: all. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Draw from the most probable characters that together have probability P. Default:"
              + " ${DEFAULT-VALUE}.")
  private double topP;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "Text to continue. Default: a newline.")
  private String prompt;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed generates the same text. Default: random.")
  private Long seed;

  @Spec private CommandSpec command;

  @Option(names = "--prime", hidden = true) // former name of --prompt
  void prime(String text) {
    prompt = text;
  }

  private final boolean terminal = Console.isOutputTerminal();

  @Override
  public Integer call() {
    Sampling sampling = sampling();
    SavedNetwork saved = RegisteredModel.open(run, service);
    checkPrompt(saved.vocabulary());
    long chosen = seed == null ? ThreadLocalRandom.current().nextLong(1_000_000) : seed;
    Console.line("%s, seed %d".formatted(saved.file(), chosen));
    return Interruption.during("stopping", stop -> write(saved, sampling, chosen, stop));
  }

  private void write(SavedNetwork saved, Sampling sampling, long chosen, StopSignal stop) {
    try (TrainedModel model = TrainedModel.of(saved)) {
      if (prompt != null) {
        print(prompt, stop);
      }
      model.generate(prompt, length, sampling, chosen, stop, text -> print(text, stop));
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
    if (length < 0) {
      throw new ParameterException(
          command.commandLine(), "--length %d: must be 0 or more".formatted(length));
    }
    try {
      return new Sampling(temperature, topK, topP);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--" + e.getMessage(), e);
    }
  }

  private void checkPrompt(Vocabulary vocabulary) {
    try {
      if (prompt != null) {
        vocabulary.encode(prompt);
      }
    } catch (TextException e) {
      throw new RunException("--prompt: %s; leave it out".formatted(e.getMessage()), e);
    }
  }
}
